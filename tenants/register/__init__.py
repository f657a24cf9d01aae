"""What the CDR Register says of data recipients and software products, kept in step."""
