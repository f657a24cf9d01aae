"""Dynamic client registration (CDS, Client Registration; RFC 7591, RFC 7592)."""
