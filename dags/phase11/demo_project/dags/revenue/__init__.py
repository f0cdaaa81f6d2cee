"""What the revenue report does, without Airflow."""
