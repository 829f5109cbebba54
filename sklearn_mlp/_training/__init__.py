"""Training: what is given (data), what is decided (plan), what changes, and the loop of epochs."""
