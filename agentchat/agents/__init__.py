"""The agents that come with the package. Each is an ordinary `Agent`: it knows nothing that a user's own would not."""
