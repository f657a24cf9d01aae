"""A scripted browser without JavaScript, and a person who uses it: for the smoke test, the benchmark and the tests.

It judges the pages from outside and imports nothing of the product: it parses HTML, keeps cookies and follows redirects
by the rules that browsers follow.
"""
