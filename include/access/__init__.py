"""Who may do what: roles as a file has them, and calls that are allowed or refused."""
