"""The administrators' desk: what it may do, how its lists behave. Knows no person; accounts.desk does."""
