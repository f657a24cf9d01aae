"""The e-Hub of the electricity market: the interface at which AEMO, the secondary data holder, answers retailers.

It is written from the standards (Secondary Data Holder) and from what AEMO publishes about its interface. Its service
points, usage and DER are generated from the NMI, so that no data is stored. Its control API makes it fail.
"""
