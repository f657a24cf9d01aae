"""Measures the most frequent requests of a running stack from outside: through the proxy, over mutual TLS."""
