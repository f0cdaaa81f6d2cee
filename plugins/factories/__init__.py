"""What makes Dags of configuration."""
