"""The proxy, nginx: TLS, mutual TLS, certificates by host name. It removes headers that only the proxy may set."""
