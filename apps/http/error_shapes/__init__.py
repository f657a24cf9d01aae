"""The shapes of error responses, one module for each. `apps.http.errors` chooses the shape."""
