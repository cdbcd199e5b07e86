"""Real agent programs in one room, with a scripted model behind them: what of ours they accept, and what they do with it."""
