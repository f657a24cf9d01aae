"""A retailer's own server, as docs/upstream.md describes it. It is a reference, and the tests of the product use it."""
