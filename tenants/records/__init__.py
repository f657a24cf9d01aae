"""Records that the CDR Rules ask for: complaints, corrections, copies for a consumer, and the half-yearly report."""
