"""The administrators' desk, as far as it knows people: the site, what may be done to whom, and by whom."""
