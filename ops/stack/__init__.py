"""The embedded stack: real servers from Python wheels, which run as child processes with one state folder."""
