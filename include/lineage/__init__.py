"""Where data comes from and where it goes: events of runs, and the graph that they make."""
