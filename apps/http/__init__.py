"""Code that all apps share: the context of a request, forms, headers, pages, JSON responses and errors."""
