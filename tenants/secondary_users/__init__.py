"""Secondary users: the instructions of account holders, and what secondary users share."""
