"""The lab's object store: moto's S3 server, which forgets, with a journal of its changes replayed.

moto can record the requests it receives: here those that change something. Before it serves again,
the journal is reduced to what still matters and sent to it once more. (An upload in parts is not
restored: its id is another one after a restart.)
"""

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

READS = {"GET", "HEAD"}


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    from moto.moto_api import recorder
    from moto.server import ThreadedMotoServer

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
    server = ThreadedMotoServer(options.host, options.port, verbose=False)
    server.start()
    sys.stdout.write(f"Serving on {options.host}:{options.port}\n")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    server.stop()


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
