"""What the faces share: the request's context, forms and headers, pages, answers in the standards' shapes."""
