"""nginx in front: TLS, mutual TLS, certificates by name, and nothing let through that only the proxy may say."""
