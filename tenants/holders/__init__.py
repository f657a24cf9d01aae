"""What the holders of an account are told about the sharing of the account, and approvals that did not come in time."""
