"""Alerts: who hears of one, how often, what is said, and what happens when nobody answers."""
