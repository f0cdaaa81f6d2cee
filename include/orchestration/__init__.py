"""Several Dags as one: who waits for whom, and how that looks."""
