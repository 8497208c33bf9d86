"""What may be spent and what was: prices, caps, the question before each call, and the sums after it."""
