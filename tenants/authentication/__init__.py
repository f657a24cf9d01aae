"""One-time passwords, and the dashboard's sessions that begin with them."""
