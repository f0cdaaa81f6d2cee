"""The inbox: where everything that the lessons send out can be read."""
