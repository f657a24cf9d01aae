"""Serves the HTTP application to the proxy: the socket of one process, and how the process starts and ends."""
