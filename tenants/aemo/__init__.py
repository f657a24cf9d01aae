"""Requests to AEMO, which holds the data of service points, usage and DER in the National Electricity Market.

Only this package reads the credentials of market participants (decision 0040). It knows NMIs, and nothing of it may put
an NMI or a payload of AEMO into a log, an error or a file (CDR Rules 1.23).
"""
