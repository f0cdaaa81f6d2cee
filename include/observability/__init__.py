"""Metrics, logs and traces: what a run tells of itself, and how it is read."""
