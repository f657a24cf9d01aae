"""Backups of a deployment or of one tenant, and their restore (docs/decisions/0049-backups.md).

A backup is a folder. Each schema is a file: pg_dump's custom format, encrypted with age. `contents.json.age` has what a
restore must know before it changes anything. `manifest.json` lists the files with their digests, and `manifest.sig` is
its signature.
"""
