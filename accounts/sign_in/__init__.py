"""How somebody comes in: the doors and their limits, the stages behind them, and the proof that it is still them."""
