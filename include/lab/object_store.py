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
from pathlib import Path
from typing import Any

READS = {"GET", "HEAD"}

SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<login>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)"
    r"/aws4_request, *SignedHeaders=(?P<headers>[^,]+), *Signature=(?P<signature>[0-9a-f]{64})"
)


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
    """Whether the request bears the signature (AWS, version 4) that this password gives it."""
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from werkzeug.datastructures import EnvironHeaders

    said = SIGNED.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if said is None or said["login"] != login:
        return False
    sent = EnvironHeaders(environ)
    headers = {name: sent.get(name, "") for name in said["headers"].split(";")}
    request = AWSRequest(environ["REQUEST_METHOD"], f"http://lab{environ['RAW_URI']}", headers)
    request.context["timestamp"] = headers.get("x-amz-date", "")
    signer = S3SigV4Auth(Credentials(login, password), said["service"], said["region"])
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return hmac.compare_digest(signer.signature(text, request), said["signature"])


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
