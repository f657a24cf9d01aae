"""The registry: retailers, their brands with settings and hosts, register environments. In the control schema."""
