"""The HTTP side of the metrics service: a page for people, two for Prometheus, one to push to."""

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from include.lab import dashboard
from include.lab.door import guard
from include.lab.pushgateway import Pushed, PushError
from include.observability import board, scrape

PUSHGATEWAY = "/pushgateway"
"""Where the Pushgateway's paths begin: beside Airflow's own metrics, on the same port."""

LARGEST_BYTES = 10 * 2**20


def application(airflow: CollectorRegistry, pushed: Pushed) -> Starlette:
    """The pages of what Airflow has sent and what jobs have pushed."""
    jobs = CollectorRegistry()
    jobs.register(pushed)
    panels = board.load()

    def dashboard_page(request: Request) -> Response:
        samples = [
            sample
            for one in (airflow, jobs)
            for sample in scrape.read(generate_latest(one).decode())
        ]
        return HTMLResponse(dashboard.page(panels, samples))

    def metrics_of(registry: CollectorRegistry) -> Callable[[Request], Response]:
        def page(request: Request) -> Response:
            return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

        return page

    async def change(request: Request) -> Response:
        # As it was sent: a value in it may hold an escaped slash.
        path = request.scope["raw_path"].decode().removeprefix(PUSHGATEWAY)
        try:
            if request.method == "DELETE":
                pushed.delete(path)
                return Response(status_code=202)
            pushed.push(path, (await request.body()).decode(), whole=request.method == "PUT")
        except UnicodeDecodeError as error:
            return PlainTextResponse(f"body: this is not text: {error}\n", 400)
        except PushError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return Response()

    def nowhere(request: Request, error: Exception) -> Response:
        pages = ", ".join(("/", "/metrics", f"{PUSHGATEWAY}/metrics"))
        return PlainTextResponse(
            f"There is {pages}; push to {PUSHGATEWAY}/metrics/job/<job>.\n", 404
        )

    app = Starlette(
        routes=[
            Route("/", dashboard_page),
            Route("/metrics", metrics_of(airflow)),
            Route(f"{PUSHGATEWAY}/metrics", metrics_of(jobs)),
            Route(f"{PUSHGATEWAY}/{{path:path}}", change, methods=["PUT", "POST", "DELETE"]),
        ],
        exception_handlers={404: nowhere},
    )
    guard(app, "metrics", LARGEST_BYTES)
    return app
