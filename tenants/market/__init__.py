"""Market participants and their credentials, with which brands call AEMO. They are in the control schema."""
