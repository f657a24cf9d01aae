"""What the platform must tell others after a commit: mail, text messages, notices to data recipients."""
