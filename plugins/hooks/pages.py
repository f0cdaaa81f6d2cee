"""Publishes web pages in the lake: what a run made for a person to look at."""

import mimetypes
from collections.abc import Mapping

from airflow.providers.amazon.aws.hooks.s3 import S3Hook

BUCKET = "lake"


class PagesHook(S3Hook):
    """Puts pages into the bucket `lake` of the connection `object_store`, as a web site's files.

    Anybody may read them; a browser finds them below the host of the connection `pages`.
    """

    def __init__(self, aws_conn_id: str = "object_store", pages_conn_id: str = "pages") -> None:
        """Use the connections of these ids: where to write, and where a browser reads."""
        super().__init__(aws_conn_id)
        self.pages_conn_id = pages_conn_id

    def publish(self, prefix: str, files: Mapping[str, bytes], start: str = "index.html") -> str:
        """Let exactly these files stand below `prefix`; return the address of the one to open.

        Args:
            prefix: where, such as `phase10/drift`.
            files: what, by the path below the prefix; its ending says what kind of file it is.
            start: the file to open first.

        Raises:
            ValueError: `start` is not one of the files, or a path would leave the prefix.
        """
        for name in (start, *files):
            if name not in files or name.startswith("/") or ".." in name.split("/"):
                raise ValueError(
                    f"files: {name!r} is not a file below {prefix!r}; given are {sorted(files)}."
                )
        prefix = prefix.strip("/") + "/"
        for name, content in files.items():
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            if kind.startswith("text/"):
                kind += "; charset=utf-8"
            key, anybody = prefix + name, "public-read"
            self.conn.put_object(
                Bucket=BUCKET, Key=key, Body=content, ContentType=kind, ACL=anybody
            )
        former = set(self.list_keys(BUCKET, prefix) or []) - {prefix + name for name in files}
        if former:
            self.delete_objects(BUCKET, sorted(former))
        return f"{self.get_connection(self.pages_conn_id).host}/{prefix}{start}"
