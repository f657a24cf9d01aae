"""Authentication by one-time passwords, and the sessions of the dashboard."""
