"""The HTTP side of the metrics service: a page for people, two for Prometheus, one to push to."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from include.lab import dashboard
from include.lab.pushgateway import Pushed, PushError
from include.observability import board, scrape

PUSHGATEWAY = "/pushgateway"
"""Where the Pushgateway's paths begin: beside Airflow's own metrics, on the same port."""

TEXT = "text/plain; charset=utf-8"
LARGEST_BYTES = 10 * 2**20


def http_server(
    host: str, port: int, airflow: CollectorRegistry, pushed: Pushed
) -> ThreadingHTTPServer:
    """A server for what Airflow has sent and what jobs have pushed; nothing is served yet."""
    jobs = CollectorRegistry()
    jobs.register(pushed)
    panels = board.load()

    def dashboard_page() -> bytes:
        text = (generate_latest(airflow) + generate_latest(jobs)).decode()
        return dashboard.page(panels, scrape.read(text)).encode()

    pages: dict[str, tuple[str, Callable[[], bytes]]] = {
        "/": ("text/html; charset=utf-8", dashboard_page),
        "/metrics": (CONTENT_TYPE_LATEST, lambda: generate_latest(airflow)),
        f"{PUSHGATEWAY}/metrics": (CONTENT_TYPE_LATEST, lambda: generate_latest(jobs)),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, content = pages.get(self.path.partition("?")[0], ("", None))
            if content is None:
                self._answer(404, f"There is {', '.join(pages)}.".encode())
            else:
                self._answer(200, content(), kind)

        def do_PUT(self) -> None:
            self._change(lambda path: pushed.push(path, self._text(), whole=True), 200)

        def do_POST(self) -> None:
            self._change(lambda path: pushed.push(path, self._text(), whole=False), 200)

        def do_DELETE(self) -> None:
            self._change(pushed.delete, 202)

        def log_message(self, format: str, *args: object) -> None:
            """Write no line for each scrape."""

        def _change(self, change: Callable[[str], None], status: int) -> None:
            if not self.path.startswith(f"{PUSHGATEWAY}/"):
                self._answer(404, f"Push to {PUSHGATEWAY}/metrics/job/<job>.".encode())
                return
            try:
                change(self.path.removeprefix(PUSHGATEWAY))
            except PushError as error:
                self._answer(400, f"{error}\n".encode())
            else:
                self._answer(status, b"")

        def _text(self) -> str:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LARGEST_BYTES:
                self.close_connection = True
                raise PushError(f"a body of 0 to {LARGEST_BYTES} bytes is needed, not {length!r}")
            try:
                return self.rfile.read(int(length)).decode()
            except UnicodeDecodeError as error:
                raise PushError(f"this is not text: {error}") from error

        def _answer(self, status: int, body: bytes, kind: str = TEXT) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return ThreadingHTTPServer((host, port), Handler)
