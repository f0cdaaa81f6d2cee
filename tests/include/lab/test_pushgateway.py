"""A job leaves its metrics, and they are scraped when it is long gone."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    delete_from_gateway,
    generate_latest,
    push_to_gateway,
    pushadd_to_gateway,
)

from include.lab.metrics_server import application
from include.lab.pushgateway import Pushed, PushError, group_of
from include.observability import scrape

TIMES = {"push_time_seconds", "push_failure_time_seconds"}
REAL = os.environ.get("LAB_PUSHGATEWAY") or shutil.which("prometheus-pushgateway")


@pytest.fixture
def ours() -> Iterator[str]:
    """The address of the lab's Pushgateway, over HTTP."""
    app = application(CollectorRegistry(), Pushed(lambda: 7.0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/pushgateway"
        server.should_exit = True
        thread.join()


@pytest.fixture
def real(tmp_path: Path) -> Iterator[str]:
    """The address of Prometheus' own Pushgateway."""
    if REAL is None:
        pytest.skip("no prometheus-pushgateway is here: install it, or set LAB_PUSHGATEWAY")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen([REAL, f"--web.listen-address={address}"], cwd=tmp_path)
    end = time.monotonic() + 20
    while True:
        try:
            httpx.get(f"http://{address}/metrics", trust_env=False)
            break
        except httpx.ConnectError:
            assert time.monotonic() < end, "the Pushgateway did not start within 20 s"
    yield f"http://{address}"
    process.terminate()
    process.wait(10)


def gauges(**values: float) -> CollectorRegistry:
    registry = CollectorRegistry()
    for name, value in values.items():
        Gauge(name, "One of the tests.", registry=registry).set(value)
    return registry


def scraped(gateway: str) -> dict[tuple[str, str, str], float]:
    """The samples of jobs by name, job and shop, without those of the gateway itself."""
    samples = scrape.read(httpx.get(f"{gateway}/metrics", trust_env=False).text)
    return {
        (s.name, s.labels["job"], s.labels.get("shop", "")): s.value
        for s in samples
        if "job" in s.labels and s.name not in TIMES
    }


@pytest.mark.parametrize("kind", ["ours", "real"])
def test_groups_are_replaced_added_to_and_deleted(kind: str, request: pytest.FixtureRequest):
    """The client's three calls leave the same in ours as in Prometheus' own, where that is here."""
    gateway: str = request.getfixturevalue(kind)
    push_to_gateway(gateway, "nightly", gauges(a=1, b=2))
    push_to_gateway(gateway, "nightly", gauges(a=3), {"shop": "a/b"})
    assert scraped(gateway) == {
        ("a", "nightly", ""): 1,
        ("b", "nightly", ""): 2,
        ("a", "nightly", "a/b"): 3,
    }

    pushadd_to_gateway(gateway, "nightly", gauges(a=4))
    push_to_gateway(gateway, "nightly", gauges(b=5), {"shop": "a/b"})
    assert scraped(gateway) == {
        ("a", "nightly", ""): 4,
        ("b", "nightly", ""): 2,
        ("b", "nightly", "a/b"): 5,
    }

    delete_from_gateway(gateway, "nightly")
    assert scraped(gateway) == {("b", "nightly", "a/b"): 5}


@pytest.mark.parametrize("kind", ["ours", "real"])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/metrics/job", "a 1\n"),
        ("/metrics/shop/de", "a 1\n"),
        ("/metrics/job/x/not-a-label/y", "a 1\n"),
        ("/metrics/job/x", "a one\n"),
        ("/metrics/job/x", "a 1 1700000000000\n"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    kind: str, path: str, text: str, request: pytest.FixtureRequest
):
    """Nothing is there afterwards."""
    gateway: str = request.getfixturevalue(kind)

    answer = httpx.put(gateway + path, content=text, trust_env=False)

    assert answer.status_code in {400, 404}
    assert scraped(gateway) == {}


def test_a_push_is_dated_and_an_empty_instance_stands_for_none(ours: str):
    """The moment of the push tells a reader whether the job still runs."""
    push_to_gateway(ours, "nightly", gauges(a=1))

    samples = scrape.read(httpx.get(f"{ours}/metrics", trust_env=False).text)

    labels = {"job": "nightly", "instance": ""}
    assert samples == [("a", labels, 1.0), ("push_time_seconds", labels, 7.0)]


def test_one_name_has_one_type():
    """Prometheus would refuse the whole page otherwise."""
    pushed = Pushed()
    pushed.push("/metrics/job/a", "# TYPE x gauge\nx 1\n", whole=True)
    with pytest.raises(PushError, match="metric 'x' is a counter here and a gauge there"):
        pushed.push("/metrics/job/b", "# TYPE x counter\nx_total 1\n", whole=True)


def test_a_metric_of_two_groups_stands_there_once():
    """Its samples follow each other under one heading."""
    pushed, registry = Pushed(), CollectorRegistry()
    for job in "ab":
        pushed.push(f"/metrics/job/{job}", "# TYPE x gauge\nx 1\n", whole=True)
    registry.register(pushed)
    assert generate_latest(registry).decode().count("# TYPE x gauge") == 1


def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Path):
    """Every kind of metric, all labels, values that are no number; what was deleted stays so."""
    pushed = Pushed(lambda: 7.0, tmp_path / "pushed.json")
    text = '# HELP h Two.\n# TYPE h histogram\nh_bucket{le="+Inf"} 2\nh_count 2\nh_sum NaN\nu 1\n'
    pushed.push("/metrics/job/a/shop/a%2Fb", text, whole=True)
    pushed.push("/metrics/job/b", "# TYPE c counter\nc_total 1\n", whole=True)
    pushed.push("/metrics/job/gone", "g 1\n", whole=True)
    pushed.delete("/metrics/job/gone")

    again = Pushed(lambda: 8.0, tmp_path / "pushed.json")
    assert page(again) == page(pushed)
    assert 'h_sum{instance="",job="a",shop="a/b"} NaN' in page(again)
    again.push("/metrics/job/b", "d 1\n", whole=False)
    assert 'c_total{instance="",job="b"} 1.0' in page(Pushed(file=tmp_path / "pushed.json"))


@pytest.mark.parametrize("content", ["", "{", "null", "[[1]]", '[[["job"], []]]', '[["ab", [1]]]'])
def test_a_file_that_is_broken_is_as_none(tmp_path: Path, content: str):
    """The next push writes it anew."""
    file = tmp_path / "pushed.json"
    file.write_text(content)
    pushed = Pushed(lambda: 7.0, file)
    assert page(pushed) == ""
    pushed.push("/metrics/job/a", "a 1\n", whole=True)
    assert 'a{instance="",job="a"} 1.0' in page(Pushed(file=file))


def page(pushed: Pushed) -> str:
    """What Prometheus would scrape."""
    registry = CollectorRegistry()
    registry.register(pushed)
    return generate_latest(registry).decode()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('a{b="c"} 1\na{b="c"} 2\n', "a: the same labels come twice"),
        ('a{job="other"} 1\na 2\n', "a: the same labels come twice"),
        ('# TYPE a histogram\na_bucket{le="x"} 1\n', "a_bucket: le='x' is no number"),
        ("# TYPE a histogram\na_bucket 1\n", "a_bucket: le='' is no number"),
        ('# TYPE a summary\na{quantile="most"} 1\n', "a: quantile='most' is no number"),
        ('a{__b="c"} 1\n', "__b"),
        ('{"a b"} 1\n', "'a b' cannot be the name of a metric"),
        ("# TYPE a counter\na_total 1\n# TYPE a_total gauge\na_total 2\n", "a_total: the same"),
        ("# TYPE push_time_seconds counter\npush_time_seconds_total 1\n", "push_time_seconds"),
    ],
)
def test_what_cannot_be_exposed_is_refused_by_name(text: str, named: str):
    """One page is for all jobs: nothing of the push is kept, and the others stay as they are."""
    pushed = Pushed(lambda: 7.0)
    pushed.push("/metrics/job/other", "b 1\n", whole=True)
    before = list(pushed.collect())

    with pytest.raises(PushError, match=named):
        pushed.push("/metrics/job/x", text, whole=True)

    assert list(pushed.collect()) == before


@pytest.mark.parametrize(
    "path",
    [
        "/metrics/job/",
        "/metrics/job//a/b",
        "/metrics/job/a/b",
        "/elsewhere/job/a",
        "/metrics/job/a/job/b",
    ],
)
def test_a_path_that_names_no_group_is_refused(path: str):
    """The message shows the path."""
    with pytest.raises(PushError, match=path):
        group_of(path)


def test_a_value_may_be_any_text():
    """In base64 where a path could not hold it; what is none is refused."""
    assert dict(group_of("/metrics/job@base64/YS9i/shop@base64/=")) == {
        "job": "a/b",
        "shop": "",
        "instance": "",
    }
    with pytest.raises(PushError, match="no base64"):
        group_of("/metrics/job@base64/_w")
