"""What a vault does beside keeping secrets: it makes credentials, ends them, and encrypts."""
