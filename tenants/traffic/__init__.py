"""The traffic thresholds of the standards: how many calls a data holder answers at least (CDS, Traffic Thresholds)."""
