"""The lab's object store: moto's S3 server, which forgets, with a journal of its changes replayed.

moto can record the requests it receives: here those that change something. Before it serves again,
the journal is reduced to what still matters and sent to it once more. (An upload in parts is not
restored: its id is another one after a restart.)
"""

import argparse
import hmac
import json
import os
import re
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

READS = {"GET", "HEAD"}

SIGNATURE = re.compile(r"(?<=[?&])X-Amz-Signature=[^&]*&?|&X-Amz-Signature=[^&]*$")


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    from moto.moto_api import recorder
    from moto.server import DomainDispatcherApplication, ThreadedMotoServer, create_backend_app
    from werkzeug.serving import make_server

    journal = Path(os.environ["MOTO_RECORDER_FILEPATH"])
    if journal.exists():
        reduce_journal(journal)
        # On a port that nobody knows: no client sees the store while it is half restored.
        restoring = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        restoring.start()
        host, port = restoring.get_host_and_port()
        recorder.replay_recording(target_host=f"http://{host}:{port}")
        restoring.stop()
    record_changes(recorder)
    store = DomainDispatcherApplication(create_backend_app)
    guarded = own_clients(store, "lab", os.environ["OBJECT_STORE_PASSWORD"])
    server = make_server(options.host, options.port, guarded, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"Serving on {options.host}:{options.port}\n")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    server.shutdown()


def own_clients(store: Any, login: str, password: str) -> Any:
    """Put a WSGI application before moto's, which takes any login, and writes without one.

    Without a login, an object can be read, if moto finds that it is public: the pages are. All else
    needs a signature with the password. moto could ask for it by itself
    (`INITIAL_NO_AUTH_ACTION_COUNT`), but then it fails at a request without a login, and its own
    `/moto-api/reset-auth` ends the asking without one.
    """

    def guarded(environ: dict[str, Any], start_response: Any) -> Any:
        if is_signed(environ, login, password) or is_for_all(environ):
            return store(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/xml")])
        return [
            b"<Error><Code>AccessDenied</Code><Message>Sign with the lab's key.</Message></Error>"
        ]

    return guarded


def is_for_all(environ: dict[str, Any]) -> bool:
    """Whether this reads one object, and says nothing of who asks."""
    bucket, _, key = environ["PATH_INFO"].lstrip("/").partition("/")
    return (
        environ["REQUEST_METHOD"] in READS
        and bool(key)
        and bucket != "moto-api"
        and not environ.get("QUERY_STRING")
        and "HTTP_AUTHORIZATION" not in environ
    )


def is_signed(environ: dict[str, Any], login: str, password: str) -> bool:
    """Whether the request bears the signature (AWS, version 4) that this password gives it.

    It stands in a header, or in the address: MLflow hands out such addresses for a download.
    """
    from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from werkzeug.datastructures import EnvironHeaders

    sent, address = EnvironHeaders(environ), f"http://lab{environ['RAW_URI']}"
    said = {
        name.removeprefix("X-Amz-"): value
        for name, value in parse_qsl(environ.get("QUERY_STRING", ""))
        if name.startswith("X-Amz-")
    }
    kind = S3SigV4QueryAuth
    if "Signature" in said:
        address = SIGNATURE.sub("", address)
    else:
        kind = S3SigV4Auth
        said = dict(re.findall(r"(\w+)=([^, ]+)", sent.get("Authorization", "")))
        said |= {"Date": sent.get("X-Amz-Date", ""), "Expires": "900"}
    try:
        user, _, region, service, _ = said["Credential"].split("/")
        signed_at = datetime.strptime(said["Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        over = signed_at + timedelta(seconds=int(said["Expires"])) < datetime.now(UTC)
        headers = {name: sent.get(name, "") for name in said["SignedHeaders"].split(";")}
        signature = said["Signature"].encode()
    except (KeyError, ValueError, OverflowError):
        return False
    body = b""
    if service != "s3":
        # Of SageMaker and the like the body itself is signed, of S3 a header with its checksum.
        kind, body = SigV4Auth, environ["wsgi.input"].read(int(sent.get("Content-Length", 0)))
        environ["wsgi.input"] = BytesIO(body)
    request = AWSRequest(environ["REQUEST_METHOD"], address, headers, body)
    request.context["timestamp"] = said["Date"]
    signer = kind(Credentials(user, password), service, region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    right = hmac.compare_digest(signer.signature(text, request).encode(), signature)
    return right and user == login and not over


def record_changes(recorder: Any) -> None:
    """Record what changes something, one request at a time: they are served side by side."""
    record, turn = recorder._record_request, threading.Lock()

    def record_change(request: Any, body: bytes | None = None) -> None:
        if request.method not in READS:
            with turn:
                record(request, body)

    recorder._record_request = record_change
    recorder.start_recording()


def reduce_journal(journal: Path) -> None:
    """Keep the requests that changed something, and of several writes of one object the last.

    A line cut short by a hard end of the process is dropped.
    """
    kept: dict[tuple[str, str, int], str] = {}
    for number, line in enumerate(journal.read_text().splitlines()):
        try:
            request = json.loads(line)
        except json.JSONDecodeError:
            continue
        method, url = request["method"], request["url"]
        whole_object = method in {"PUT", "DELETE"} and "?" not in url
        key = ("object", url, 0) if whole_object else (method, url, number)
        kept.pop(key, None)
        kept[key] = line
    part = journal.with_suffix(".part")
    part.write_text("".join(f"{line}\n" for line in kept.values()))
    part.replace(journal)


if __name__ == "__main__":
    main()
