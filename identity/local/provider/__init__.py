"""The identity provider of the demo organization: a small one of our own, which believes whoever presses a button."""
