"""The appearance of a brand: theme tokens, style sheets, templates, and the texts on the pages."""
