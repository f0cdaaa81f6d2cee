"""A bucket, with answers that the lab's store does not give."""

import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from include.health import storage
from include.health.check import UnhealthyError


@pytest.fixture
def store() -> Iterator[tuple[Any, Stubber]]:
    """A client whose answers are given by the test."""
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    client = boto3.client("s3", region_name="eu-central-1", **keys)
    with Stubber(client) as answers:
        yield client, answers
        answers.assert_no_pending_responses()


def test_a_refusal_is_named(store: tuple[Any, Stubber]):
    """A bucket that may not be written is not a bucket that is missing."""
    client, answers = store
    answers.add_client_error("put_object", "AccessDenied")
    with pytest.raises(UnhealthyError, match="bucket b is refused: AccessDenied"):
        storage.probe(client, "b")


def test_another_content_than_was_put_is_unhealthy(store: tuple[Any, Stubber]):
    """A store that answers and gives back something else does not do its work."""
    client, answers = store
    answers.add_response("put_object", {})
    answers.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b"old"), 3)})
    answers.add_response("delete_object", {})
    with pytest.raises(UnhealthyError, match="gives back b'old'"):
        storage.probe(client, "b")


@pytest.mark.parametrize(
    ("code", "mended"), [("BucketAlreadyOwnedByYou", True), ("AccessDenied", False)]
)
def test_a_bucket_that_is_there_needs_no_remedy(
    store: tuple[Any, Stubber], code: str, mended: bool
):
    """And one that may not be made is told."""
    client, answers = store
    answers.add_client_error("create_bucket", code)
    if mended:
        assert storage.repair(client, "b") == "made it anew"
    else:
        with pytest.raises(UnhealthyError, match=code):
            storage.repair(client, "b")
