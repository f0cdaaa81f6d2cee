"""The BigQuery emulator serves load and extract jobs, and no other file of its user."""

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.api_core.exceptions import GoogleAPICallError
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from include.lab.settings import Lab

pytestmark = pytest.mark.lab

SECRET = "the lab's own"


def asked(lab: Lab, sql: str, **headers: str) -> httpx.Response:
    """Send a query as anybody can who reaches the port."""
    body = json.dumps({"query": sql, "useLegacySql": False})
    url = f"{lab.url('bigquery')}/bigquery/v2/projects/shop/queries"
    return httpx.post(url, content=body, headers={"Content-Type": "application/json"} | headers)


def clients(lab: Lab) -> tuple[Any, Any]:
    """Google's own clients, as lesson 9.03 has them."""
    nobody = AnonymousCredentials()
    return (
        storage.Client("shop", nobody, client_options={"api_endpoint": lab.url("gcs")}),
        bigquery.Client("shop", nobody, client_options={"api_endpoint": lab.url("bigquery")}),
    )


def test_files_move_between_storage_and_tables(alone: Callable[..., Lab], tmp_path: Path):
    """Load from a bucket, from an upload, extract to a bucket; files elsewhere stay untouched."""
    lab = alone("gcs", "bigquery")
    files, tables = clients(lab)
    bucket = files.create_bucket("lake")
    bucket.blob("in/orders.csv").upload_from_string("id,country\n1,DE\n2,FR\n")
    tables.create_dataset("sales")
    schema = [bigquery.SchemaField("id", "INT64"), bigquery.SchemaField("country", "STRING")]
    config = bigquery.LoadJobConfig(schema=schema, skip_leading_rows=1)

    tables.load_table_from_uri(
        "gs://lake/in/orders.csv", "sales.a", job_config=config, retry=None
    ).result()
    tables.load_table_from_file(
        BytesIO(b"id,country\n3,IT\n"), "sales.a", job_config=config
    ).result()
    tables.extract_table("sales.a", "gs://lake/in/copy.csv", retry=None).result()

    rows = [tuple(row) for row in tables.query("SELECT * FROM sales.a ORDER BY id").result()]
    assert rows == [(1, "DE"), (2, "FR"), (3, "IT")]
    written = lab.home / "gcs/lake/in/copy.csv"
    assert written.read_text().split() == ["id,country", "1,DE", "2,FR", "3,IT"]

    outside = tmp_path / "new/secret.csv"
    with pytest.raises(GoogleAPICallError, match=r"not in Cloud Storage"):
        tables.extract_table("sales.a", f"file://{outside}", retry=None).result()
    assert not outside.parent.exists()
    for uri in (f"file://{lab.home}/secrets.json", "gs://lake/../../secrets.json", "/etc/passwd"):
        config = bigquery.LoadJobConfig(source_format="AVRO", autodetect=True)
        with pytest.raises(GoogleAPICallError, match=r"not in Cloud Storage|escapes"):
            tables.load_table_from_uri(uri, "sales.b", job_config=config, retry=None).result()


def test_sql_reaches_no_file_of_the_user(alone: Callable[..., Lab], tmp_path: Path):
    """Nor does a foreign page reach SQL: neither by its name nor by its origin."""
    secret, planted = tmp_path / "secret", tmp_path / "planted"
    secret.write_text(SECRET)
    lab = alone("bigquery")
    for sql in (
        f"SELECT content FROM read_text('{secret}')",
        f"SELECT * FROM read_csv('{lab.home}/gcs/../secrets.json')",
        f"COPY (SELECT 1) TO '{planted}'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "INSTALL httpfs",
    ):
        answer = asked(lab, sql)
        assert answer.json().get("errors") or answer.json()["error"], sql
        assert SECRET not in answer.text
    assert not planted.exists()

    assert asked(lab, "SELECT 1").status_code == 200
    assert asked(lab, "SELECT 1", Host="evil.example").status_code == 400
    foreign = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
    assert asked(lab, "SELECT 1", **foreign).status_code == 403
    assert asked(lab, "SELECT 1", Origin="null").status_code == 403
