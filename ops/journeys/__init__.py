"""What a person does at the pages of a brand, step by step in Chromium. Tests use it, and `haas record-theme`."""
