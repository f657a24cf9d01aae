"""What consent is asked in: the CDR data language."""
