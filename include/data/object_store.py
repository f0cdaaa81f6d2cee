"""Uploads the shop's exports and deliveries to the object store, and makes the lessons' buckets."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from include.data import seeds

if TYPE_CHECKING:
    from botocore.client import BaseClient

SHOP = "shop"
LAKE = "lake"
XCOM = "xcom"
MLFLOW = "mlflow"
BUCKETS = (SHOP, LAKE, XCOM, MLFLOW)


def load(s3_client: "BaseClient") -> list[str]:
    """Make bucket `shop` hold the seeds; return the keys that had to be uploaded, sorted.

    The other buckets are created where they are missing; what lies in them, and other
    objects in `shop`, stay as they are.
    """
    _create_buckets(s3_client)
    stored = _fingerprints(s3_client)
    uploaded = []
    for key, path in sorted(objects().items()):
        content = path.read_bytes()
        if stored.get(key) != hashlib.md5(content, usedforsecurity=False).hexdigest():
            s3_client.put_object(Bucket=SHOP, Key=key, Body=content, ContentType="text/csv")
            uploaded.append(key)
    return uploaded


def objects() -> Mapping[str, Path]:
    """Return the file behind every key of bucket `shop`."""
    exports = (seeds.ORDERS, seeds.CUSTOMERS, seeds.PRODUCTS)
    deliveries = [path for day in seeds.delivery_days() for path in seeds.deliveries(day)]
    return {f"exports/{path.name}": path for path in exports} | {
        path.relative_to(seeds.SEEDS).as_posix(): path for path in deliveries
    }


def _create_buckets(s3_client: "BaseClient") -> None:
    existing = {bucket["Name"] for bucket in s3_client.list_buckets()["Buckets"]}
    region = s3_client.meta.region_name
    # S3 refuses its own default region as a location constraint.
    where = {} if region in (None, "us-east-1", "aws-global") else {"LocationConstraint": region}
    for bucket in BUCKETS:
        if bucket not in existing:
            placement = {"CreateBucketConfiguration": where} if where else {}
            s3_client.create_bucket(Bucket=bucket, **placement)


def _fingerprints(s3_client: "BaseClient") -> dict[str, str]:
    """Return the MD5 of every object in `shop`, which S3 gives as ETag of a plain upload."""
    pages = s3_client.get_paginator("list_objects_v2").paginate(Bucket=SHOP)
    found = [entry for page in pages for entry in page.get("Contents", ())]
    return {entry["Key"]: entry["ETag"].strip('"') for entry in found}
