"""The discovery APIs' payloads, one module per resource and version; field names are the standards' own."""
