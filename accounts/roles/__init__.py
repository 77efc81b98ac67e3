"""Who may do what at the desk: roles, to whom they are given, and why somebody may do something."""
