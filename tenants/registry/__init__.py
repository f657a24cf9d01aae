"""The control schema: retailers, their brands and hosts, register environments; provisioning and administration."""
