"""Looking at a network: one update, gradients, drawings."""
