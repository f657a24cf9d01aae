"""A data recipient: its protocol client, its page for a person, and its arrangement revocation endpoint."""
