"""The provisioner: the process that creates, migrates, changes and removes tenants, as rows of a table ask it to."""
