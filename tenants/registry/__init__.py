"""The registry: retailers, brands with their settings and hosts, register environments. It is in the control schema."""
