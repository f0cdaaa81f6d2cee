"""Rules about data that machines can keep: what is personal, how long it stays, who may read it."""
