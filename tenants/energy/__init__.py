"""Energy accounts, service points and plans: their payloads, where they are read from, and the ids recipients see."""
