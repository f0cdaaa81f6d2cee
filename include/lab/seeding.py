"""`python -m include.lab.seeding`: the shop's data where the lessons look for it; safe to repeat.

Addresses and passwords come from the connections of `configs/`, as they do for the lessons.
"""

import os
from pathlib import Path

from include.configuration.metadata import connections
from include.data import landing, object_store, warehouse
from include.lab.settings import Lab


def main() -> None:
    """Fill the warehouse, the object store and the landing folder."""
    import boto3
    import psycopg2

    known = connections(os.environ)
    where = known["warehouse"]
    connection = psycopg2.connect(
        host=where["host"],
        port=where["port"],
        dbname=where["schema"],
        user=where["login"],
        password=where["password"],
    )
    warehouse.load(connection)
    connection.close()
    landing.load(Path(known["landing"]["extra"]["path"]))
    if "object_store" not in Lab.from_environment().without:
        where = known["object_store"]
        client = boto3.client(
            "s3",
            aws_access_key_id=where["login"],
            aws_secret_access_key=where["password"],
            **where["extra"],
        )
        object_store.load(client)


if __name__ == "__main__":
    main()
