"""The lab: every service the lessons talk to, and Airflow itself, as plain local processes."""
