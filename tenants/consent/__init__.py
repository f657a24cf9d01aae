"""The consent flow: the request object, the steps of the person, the review, and the signed response."""
