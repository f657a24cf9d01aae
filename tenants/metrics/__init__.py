"""The figures of Get Metrics, and the payloads that are made of them."""
