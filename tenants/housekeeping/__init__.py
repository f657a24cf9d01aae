"""What time itself does to a tenant's rows: ends what has expired, and forgets what nobody may need any more."""
