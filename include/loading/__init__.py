"""Files go into the warehouse in bulk, whole or not at all."""
