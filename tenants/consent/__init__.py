"""The consent flow: the request object, the steps a person takes, the review, and the signed response."""
