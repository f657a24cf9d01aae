"""A mailbox: receives what the product sends by mail and text message, shows it, and sends nothing on."""
