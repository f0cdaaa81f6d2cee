"""The hook that publishes web pages in the lake."""

import httpx
import pytest

from include.lab.settings import Lab
from tests.lessons import lake

PLACE = "tests/site"


@pytest.mark.usefixtures("known_connections")
def test_a_browser_gets_the_page_as_a_page(lab: Lab) -> None:
    """At the address that is returned, with the right type, and what it links to beside it."""
    from plugins.hooks.pages import PagesHook

    address = PagesHook().publish(PLACE, {"index.html": "<p>ä</p>".encode(), "a/plot.png": b"p"})

    answer = httpx.get(address, trust_env=False)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text == "<p>ä</p>"
    plot = httpx.get(address.replace("index.html", "a/plot.png"), trust_env=False)
    assert plot.headers["content-type"] == "image/png"
    assert address == f"http://localhost:{lab.port('object_store')}/lake/{PLACE}/index.html"


@pytest.mark.usefixtures("known_connections")
def test_pages_of_the_former_run_are_gone() -> None:
    """What is published is exactly what is given, and nothing beside the place is touched."""
    from plugins.hooks.pages import PagesHook

    PagesHook().publish(f"{PLACE}-beside", {"index.html": b"stays"})
    PagesHook().publish(PLACE, {"index.html": b"1", "old.html": b"1"})

    PagesHook().publish(PLACE + "/", {"index.html": b"2"})

    assert lake(PLACE) == {"/index.html": b"2", "-beside/index.html": b"stays"}


@pytest.mark.usefixtures("known_connections")
@pytest.mark.parametrize(
    "files",
    [{}, {"report.html": b""}, {"index.html": b"", "../x": b""}, {"index.html": b"", "/x": b""}],
)
def test_files_that_make_no_site_are_refused(files: dict[str, bytes]) -> None:
    """By name, and before anything is written."""
    from plugins.hooks.pages import PagesHook

    with pytest.raises(ValueError, match=r"files: '.*' is not a file below 'tests/refused'"):
        PagesHook().publish("tests/refused", files)

    assert lake("tests/refused") == {}
