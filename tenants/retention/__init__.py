"""How long each kind of record is kept, and legal holds, which keep records for longer."""
