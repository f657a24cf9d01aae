"""nginx, the proxy: TLS, mutual TLS, certificates by host name. It drops client headers that only the proxy may set."""
