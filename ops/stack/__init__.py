"""The embedded stack: real servers from wheels, run as foreground children under one state folder."""
