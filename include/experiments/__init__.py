"""Experiments on live traffic: split, compared, stopped in time, and rolled out."""
