"""Dynamic client registration, and the end of a client's registration, whoever ends it."""
