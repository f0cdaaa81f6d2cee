"""Features for models: described once, computed in batches, served online, joined by time."""
