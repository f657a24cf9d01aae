"""The embedded stack: real servers from wheels, run as child processes with one state folder."""
