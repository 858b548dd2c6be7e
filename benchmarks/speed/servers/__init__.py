"""The servers that are compared, each with its own environment; what they share is what they must answer."""
