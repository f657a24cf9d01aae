"""The participants of the electricity market as whom brands ask AEMO, and their credentials. In the control schema."""
