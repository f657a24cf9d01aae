"""The provider's own staff, who use the console, and their sessions. In the control schema."""
