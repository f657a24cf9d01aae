"""Background jobs: Dramatiq actors and the schedule that wakes them."""
