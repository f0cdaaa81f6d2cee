"""What was done can be proven, and a person can be forgotten."""
