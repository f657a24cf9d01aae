"""A scripted browser without JavaScript, and a person who uses it, for the smoke test, the benchmark and the tests.

It imports no code of the product: it parses HTML, stores cookies and follows redirects by the rules of real browsers.
"""
