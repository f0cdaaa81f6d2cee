"""Facts that people write by hand, read into typed models."""
