"""Where the data behind a customer and an account is read from."""
