"""Acting in somebody's place: an administrator sees what a person sees, for a while, and everybody can tell."""
