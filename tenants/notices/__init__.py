"""The outbox: mail, text messages and notices to data recipients, which are delivered after a commit."""
