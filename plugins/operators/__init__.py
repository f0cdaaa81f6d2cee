"""Operators that more than one lesson needs."""
