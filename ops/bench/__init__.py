"""Measures the most frequent requests to a running stack as clients send them: through the proxy, over mutual TLS."""
