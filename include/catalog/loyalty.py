"""A table that 17.02 changes, to see the catalogue notice it."""

MADE = [
    "DROP TABLE IF EXISTS marts.catalogue_loyalty",
    """
    CREATE TABLE marts.catalogue_loyalty AS
    SELECT customer_id, count(*)::integer AS orders FROM shop.orders GROUP BY customer_id
    """,
]

CHANGES = {
    "nothing": MADE,
    "add_column": [*MADE, "ALTER TABLE marts.catalogue_loyalty ADD COLUMN phone text"],
    "change_type": [*MADE, "ALTER TABLE marts.catalogue_loyalty ALTER orders TYPE numeric"],
    "drop_table": MADE[:1],
}
"""What may befall it, each by the SQL that does it."""
