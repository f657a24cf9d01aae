"""The people of the retailer who sign in to the staff surfaces."""
