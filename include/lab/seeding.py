"""`python -m include.lab.seeding`: the shop's data where the lessons look for it; safe to repeat.

Addresses and passwords come from the connections of `configs/`, as they do for the lessons.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from include.configuration.metadata import connections
from include.data import landing, object_store, warehouse
from include.delivery import repository
from include.lab.settings import Lab

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PostgresConnection


def main() -> None:
    """Fill the warehouse, the object store and the landing folder; begin the repository."""
    opened = open_warehouse()
    warehouse.load(opened)
    opened.close()
    landing.load(Path(connections()["landing"]["extra"]["path"]))
    repository.create(Path(connections()["delivery"]["host"]))
    if "object_store" not in Lab.from_environment().without:
        fill_object_store()


def fill_object_store() -> None:
    """Fill the object store; where nobody answers, say so: the lab can do without it."""
    from botocore.exceptions import EndpointConnectionError

    try:
        object_store.load(open_object_store())
    except EndpointConnectionError as error:
        sys.stdout.write(f"The object store stays empty until the next `make up`: {error}\n")


def open_warehouse() -> "PostgresConnection":
    """Connect to the warehouse."""
    import psycopg2

    where = connections()["warehouse"]
    return psycopg2.connect(
        host=where["host"],
        port=where["port"],
        dbname=where["schema"],
        user=where["login"],
        password=where["password"],
    )


def open_object_store() -> Any:
    """Return an S3 client of the object store."""
    import boto3

    where = connections()["object_store"]
    return boto3.client(
        "s3",
        aws_access_key_id=where["login"],
        aws_secret_access_key=where["password"],
        **where["extra"],
    )


if __name__ == "__main__":
    main()
