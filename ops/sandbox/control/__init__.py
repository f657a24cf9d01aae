"""The control API: what a test, a demonstration or a browser driver may do to the services around the product."""
