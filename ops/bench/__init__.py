"""Measures the hot paths of a running stack from outside: through the proxy, over mutual TLS."""
