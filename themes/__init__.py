"""How a brand looks: theme tokens, styles, templates, and the words on the pages."""
