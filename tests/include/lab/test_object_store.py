"""The object store keeps its objects over a restart, and over a hard end."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from include.lab.object_store import record_changes, reduce_journal
from include.lab.service import listens
from include.lab.settings import ROOT
from tests.labs import free_port_base


def journal(tmp_path: Path, *requests: tuple[str, str], end: str = "") -> list[tuple[str, str]]:
    """What is left of a journal of these requests, each a method and a path."""
    file = tmp_path / "journal"
    lines = [json.dumps({"method": m, "url": u, "number": n}) for n, (m, u) in enumerate(requests)]
    file.write_text("\n".join(lines) + end)
    reduce_journal(file)
    left = [json.loads(line) for line in file.read_text().splitlines()]
    assert left == sorted(left, key=lambda request: request["number"])
    return [(request["method"], request["url"]) for request in left]


def test_of_several_writes_of_one_object_the_last_is_kept(tmp_path: Path):
    """The journal does not grow with every run of a lesson."""
    assert journal(tmp_path, ("PUT", "/b/k"), ("PUT", "/b/other"), ("PUT", "/b/k")) == [
        ("PUT", "/b/other"),
        ("PUT", "/b/k"),
    ]


def test_a_deleted_object_stays_deleted(tmp_path: Path):
    """The last word on an object may be its end."""
    assert journal(tmp_path, ("PUT", "/b/k"), ("DELETE", "/b/k")) == [("DELETE", "/b/k")]


def test_requests_on_more_than_an_object_are_all_kept(tmp_path: Path):
    """What a query or a POST does, does not replace what was done before."""
    requests = [("PUT", "/b/k?tagging"), ("PUT", "/b/k?tagging"), ("POST", "/b"), ("POST", "/b")]
    assert journal(tmp_path, *requests) == requests


def test_a_line_cut_short_is_dropped(tmp_path: Path):
    """A process that was killed while it wrote leaves half a line."""
    assert journal(tmp_path, ("PUT", "/b/k"), end='\n{"method": "PU') == [("PUT", "/b/k")]


def test_only_changes_are_recorded():
    """Reading is not worth a line."""

    class Recorder:
        def __init__(self) -> None:
            self.recorded: list[str] = []
            self.started = False

        def _record_request(self, request: "Request", body: bytes | None = None) -> None:
            self.recorded.append(request.method)

        def start_recording(self) -> None:
            self.started = True

    class Request:
        def __init__(self, method: str) -> None:
            self.method = method

    recorder = Recorder()
    record_changes(recorder)
    for method in ("GET", "PUT", "HEAD", "DELETE", "POST"):
        recorder._record_request(Request(method))

    assert recorder.started
    assert recorder.recorded == ["PUT", "DELETE", "POST"]


PASSWORD = "the password"


def client_of(port: int, login: str = "lab", password: str = PASSWORD, service: str = "s3") -> Any:
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id=login,
        aws_secret_access_key=password,
        region_name="eu-central-1",
        config=Config(signature_version="s3v4"),
    )


@contextmanager
def running(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], object]]:
    """The store on this port, and a client of it."""
    python = ROOT / ".lab/venv/bin/python"
    if not python.exists():
        pytest.skip("the lab's environment is not installed: make install")
    log = (folder / "log").open("a")
    store = subprocess.Popen(
        [python, "-m", "include.lab.object_store", "--port", str(port)],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "MOTO_RECORDER_FILEPATH": str(folder / "journal"),
            "OBJECT_STORE_PASSWORD": PASSWORD,
        },
        stdout=log,
        stderr=log,
    )
    try:
        ready = listens("127.0.0.1", port)
        while not ready():
            assert store.poll() is None, (folder / "log").read_text()
        yield store, client_of(port)
    finally:
        store.kill()
        store.wait()
        log.close()


@pytest.mark.lab
def test_objects_survive_a_hard_end(tmp_path: Path):
    """Put, overwrite, delete, kill -9, start again: the store is as it was."""
    port = free_port_base()
    with running(tmp_path, port) as (_, client):
        client.create_bucket(
            Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        client.put_object(Bucket="lake", Key="a folder/old", Body=b"first")
        client.put_object(Bucket="lake", Key="a folder/old", Body=bytes(range(256)))
        client.put_object(Bucket="lake", Key="gone", Body=b"x")
        client.delete_object(Bucket="lake", Key="gone")
        client.put_object(Bucket="lake", Key="many/1", Body=b"x")
        client.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "many/1"}]})
    with (tmp_path / "journal").open("a") as half:
        half.write('{"method": "PUT", "url"')

    with running(tmp_path, port) as (store, client):
        listed = client.list_objects_v2(Bucket="lake")["Contents"]
        body = client.get_object(Bucket="lake", Key="a folder/old")["Body"].read()
        store.terminate()
        ended = store.wait(10)

    assert [item["Key"] for item in listed] == ["a folder/old"]
    assert body == bytes(range(256))
    assert ended == 0


@pytest.mark.lab
def test_nothing_is_changed_without_the_password(tmp_path: Path):
    """With another, or none: nothing is written, and nothing read but what is for everybody."""
    port = free_port_base()
    address = f"http://127.0.0.1:{port}"
    with running(tmp_path, port) as (_, client):
        client.create_bucket(
            Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        for key, acl in (("a page/ü+%.html", "public-read"), ("private", "private")):
            client.put_object(Bucket="lake", Key=key, Body=b"mine", ACL=acl)
        client.upload_fileobj(
            BytesIO(b"x" * (9 << 20)), "lake", "parts", Config=TransferConfig(8 << 20)
        )

        for login, password in (("lab", "wrong"), ("nobody", PASSWORD)):
            stranger = client_of(port, login, password)
            for call in (
                lambda s=stranger: s.put_object(Bucket="lake", Key="new", Body=b"theirs"),
                lambda s=stranger: s.get_object(Bucket="lake", Key="private"),
                lambda s=stranger: s.list_buckets(),
            ):
                with pytest.raises(ClientError, match="AccessDenied"):
                    call()
            elsewhere = client_of(port, login, password, "sagemaker")
            with pytest.raises(ClientError, match="AccessDenied"):
                elsewhere.list_models(NameContains="a")
        assert client_of(port, service="sagemaker").list_models(NameContains="a")["Models"] == []
        for method, path in (
            ("PUT", "/lake/new"),
            ("PUT", "/lake/private"),
            ("DELETE", "/lake/a%20page/%C3%BC%2B%25.html"),
            ("GET", "/lake/private"),
            ("GET", "/lake/private?X-Amz-Signature=1&AWSAccessKeyId=lab&Signature=x"),
            ("GET", "/lake"),
            ("GET", "/moto-api/data.json"),
            ("GET", "//moto-api/data.json"),
            ("POST", "/moto-api/reset"),
            ("POST", "/moto-api/reset-auth"),
            ("OPTIONS", "/lake/new"),
        ):
            assert httpx.request(method, address + path).status_code == 403, path

        assert httpx.get(f"{address}/lake/a%20page/%C3%BC%2B%25.html").content == b"mine"
        assert client.get_object(Bucket="lake", Key="a page/ü+%.html")["Body"].read() == b"mine"
        wanted = {"Bucket": "lake", "Key": "private", "ResponseContentDisposition": 'x; "ü+ b"'}
        address = client.generate_presigned_url("get_object", Params=wanted)
        assert httpx.get(address).content == b"mine"
        over = client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=-1)
        for bad in (over, address.replace("/private", "/parts"), address.replace("=lab", "=x")):
            assert httpx.get(bad).status_code == 403
        assert httpx.put(address, content=b"theirs").status_code == 403
        listed = client.list_objects_v2(Bucket="lake")["Contents"]
        assert [one["Key"] for one in listed] == ["a page/ü+%.html", "parts", "private"]


def test_the_address_is_said(tmp_path: Path):
    """Without a port the command explains itself and ends."""
    done = subprocess.run(
        [sys.executable, "-m", "include.lab.object_store"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--port" in done.stderr
