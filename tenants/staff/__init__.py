"""Members of the retailer's staff, who sign in to the staff surfaces."""
