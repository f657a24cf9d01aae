"""Background jobs: Dramatiq actors, and the scheduler that starts them."""
