"""Everything behind `make run` and `make test`: tools for a developer's machine, never part of production."""
