"""When Dags run, and which run of one belongs to which run of another."""
