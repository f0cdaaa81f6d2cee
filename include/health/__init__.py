"""Health checks: whether a component does its work now, and what mends it if not."""
