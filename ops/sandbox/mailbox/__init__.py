"""A mailbox that receives the product's mail and text messages and shows them. It forwards nothing."""
