"""What the service shows to people in a browser; nothing is loaded from elsewhere."""
