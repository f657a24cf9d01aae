"""Every page of a theme with sample values, as files to look at: `haas theme preview`."""
