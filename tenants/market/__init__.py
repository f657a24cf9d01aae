"""Market participants, as which brands call AEMO, and their credentials. They are in the control schema."""
