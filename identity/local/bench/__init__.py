"""`make bench`: what requests cost, as ratios that mean the same on every machine."""
