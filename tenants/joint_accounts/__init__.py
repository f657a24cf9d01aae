"""Joint accounts: the disclosure option, what the other holders share and see, and their approvals (part 4A)."""
