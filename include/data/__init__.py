"""The shop's example data: made from one seed, committed, and loaded into the lab's services."""
