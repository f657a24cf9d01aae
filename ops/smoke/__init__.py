"""The main job, driven from outside without a browser."""
