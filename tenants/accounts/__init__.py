"""Energy accounts, who holds them, and the service points that they are supplied through."""
