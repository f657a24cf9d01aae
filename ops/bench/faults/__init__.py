"""`make faults`: disturbs a running stack under load, and compares its data with what its clients were told."""
