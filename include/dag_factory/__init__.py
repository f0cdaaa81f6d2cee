"""Dags as data: what a configuration may say, and what is wrong with it."""
