"""The retailer's own server: the contract that it fulfils, the client that calls it, and the credentials for it."""
