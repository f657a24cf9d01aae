"""Energy accounts, service points and plans: their payloads, their store, their import, and the ids recipients see."""
