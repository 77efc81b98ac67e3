"""How passwords are chosen, kept and compared: docs/security/passwords.md tells it in one piece."""
