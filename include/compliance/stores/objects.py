"""The object store: every object of every bucket is searched."""

from collections.abc import Iterable, Iterator
from typing import Any

from include.compliance.members import Member, as_csv, without

BUCKET, KEY = "lake", "phase16/03_audit_compliance/members.csv"
COPY = "phase16/03_audit_compliance/copy_for_a_quick_look.csv"
ELSEWHERE = ("mlflow", "xcom")
"""Buckets that another service keeps: what is in them is searched and erased through it."""


class Objects:
    """Searches all buckets; the members' export is one object, in which each has a line."""

    def __init__(self, client: Any) -> None:
        """Work with this S3 client."""
        self.client = client

    def sign_up(self, members: Iterable[Member]) -> None:
        """Export these members."""
        self.write(KEY, as_csv(members))

    def copy(self, there: bool) -> None:
        """Let a copy of the export be there, or not; the register knows nothing of it."""
        if there:
            self.write(COPY, self._read(BUCKET, KEY).decode())
        else:
            self.client.delete_object(Bucket=BUCKET, Key=COPY)

    def write(self, key: str, text: str) -> None:
        """Write an object into the lake."""
        self.client.put_object(Bucket=BUCKET, Key=key, Body=text.encode(), ContentType="text/csv")

    def find(self, member: Member) -> list[str]:
        """Return each object that names the person; one that is compressed says nothing."""
        return [
            member.hidden_in(f"s3://{bucket}/{key}")
            for bucket, key in self._objects()
            if member.is_in(key) or member.is_in(self._read(bucket, key))
        ]

    def erase(self, member: Member) -> None:
        """Write the export again, without the person's line."""
        self.write(KEY, without(self._read(BUCKET, KEY).decode(), member))

    def _read(self, bucket: str, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def _objects(self) -> Iterator[tuple[str, str]]:
        pages = self.client.get_paginator("list_objects_v2")
        for bucket in self.client.list_buckets()["Buckets"]:
            if bucket["Name"] not in ELSEWHERE:
                for page in pages.paginate(Bucket=bucket["Name"]):
                    for item in page.get("Contents", []):
                        yield bucket["Name"], item["Key"]
