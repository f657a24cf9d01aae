"""Creating, changing and removing tenants with the provisioning login; requests to the provisioner."""
