"""`python -m include.lab.seeding`: the shop's data where the lessons look for it; safe to repeat.

Addresses and passwords come from the connections of `configs/`, as they do for the lessons.
"""

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
        object_store.load(open_object_store())


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
