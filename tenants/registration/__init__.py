"""Dynamic client registration, statuses from the Register, and the end of registrations."""
