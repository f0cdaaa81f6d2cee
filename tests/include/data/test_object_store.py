"""Filling the object store, against a real S3 server."""

from typing import Any

import boto3
import pytest

from include.data import object_store, seeds


def client(address: str, region: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def s3(s3_server: str) -> Any:
    """A client of an S3 server without any bucket."""
    s3 = client(s3_server, "us-east-1")
    for bucket in s3.list_buckets()["Buckets"]:
        name = bucket["Name"]
        for found in s3.list_objects_v2(Bucket=name).get("Contents", ()):
            s3.delete_object(Bucket=name, Key=found["Key"])
        s3.delete_bucket(Bucket=name)
    return s3


def keys(s3: Any, bucket: str) -> list[str]:
    return [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]


def test_the_shop_bucket_holds_exports_and_deliveries(s3: Any):
    """Every object has the bytes of its file; the corrupt delivery is not among them."""
    uploaded = object_store.load(s3)

    assert keys(s3, "shop") == uploaded
    assert len(uploaded) == 3 + 25
    assert "deliveries/2026-01-06/lumen.csv" in uploaded
    for key, path in object_store.objects().items():
        assert s3.get_object(Bucket="shop", Key=key)["Body"].read() == path.read_bytes()


def test_loading_again_uploads_nothing(s3: Any):
    """Unchanged objects keep their time of upload, and lessons' objects stay."""
    object_store.load(s3)
    s3.put_object(Bucket="lake", Key="mine.txt", Body=b"kept")
    before = s3.list_objects_v2(Bucket="shop")["Contents"]

    assert object_store.load(s3) == []
    assert s3.list_objects_v2(Bucket="shop")["Contents"] == before
    assert keys(s3, "lake") == ["mine.txt"]


def test_only_what_changed_is_uploaded(s3: Any):
    """An object that was overwritten or deleted comes back, the others are not touched."""
    object_store.load(s3)
    s3.put_object(Bucket="shop", Key="exports/orders.csv", Body=b"spoiled")
    s3.delete_object(Bucket="shop", Key="exports/products.csv")

    assert object_store.load(s3) == ["exports/orders.csv", "exports/products.csv"]
    stored = s3.get_object(Bucket="shop", Key="exports/orders.csv")["Body"].read()
    assert stored == seeds.ORDERS.read_bytes()


@pytest.mark.parametrize(
    ("region", "location"), [("us-east-1", None), ("eu-central-1", "eu-central-1")]
)
def test_buckets_are_made_in_the_clients_region(
    s3: Any, s3_server: str, region: str, location: str | None
):
    """The lessons' buckets exist and are empty, whatever region the client names."""
    object_store.load(client(s3_server, region))
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == set(object_store.BUCKETS)
    assert s3.get_bucket_location(Bucket="lake")["LocationConstraint"] == location
    assert keys(s3, "lake") == keys(s3, "xcom") == []
