"""Data Docs that need no other server and are the same twice."""

from datetime import UTC, datetime

from include.quality import data_docs

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
PAGE = """<html><head><title>x</title>
<link rel="stylesheet" href="https://cdn.example/style.css"><script
 src="https://cdn.example/code.js"></script></head><body>
<img class="NO-CACHE" src="https://images.example/logo.png?d=20261120T162930.368588Z">
<p id="a-{uuid}">read at {moment}</p><a href="#a-{uuid}">here</a>
<footer>newsletter</footer></body></html>"""


def made(uuid: str, moment: str) -> dict[str, bytes]:
    page = PAGE.format(uuid=uuid, moment=moment)
    return data_docs.stand_alone({"index.html": page, "a/b/c.html": page}, [], AS_OF)


def test_two_makings_are_equal_bytes():
    """Moments and random ids do not matter; the ids still lead to their places."""
    first = made("0f41b3b3-5e23-403d-8c8e-4fd234ee5471", "20261120T162930.174388Z")
    second = made("bec542ed-d8ca-4f35-b97f-003f4fd6fe80", "20261121T090000.000001Z")

    assert first == second
    page = first["a/b/c.html"].decode()
    assert 'id="a-id-0"' in page
    assert 'href="#a-id-0"' in page
    assert "read at 20260301T000000.000000Z" in page


def test_nothing_is_fetched_from_elsewhere():
    """No script, picture or style of another server; the style beside it is found."""
    files = made("0f41b3b3-5e23-403d-8c8e-4fd234ee5471", "20261120T162930.174388Z")

    page = files["a/b/c.html"].decode()
    assert "https://" not in page
    assert "<script" not in page
    assert "newsletter" not in page
    assert 'href="../../style.css"' in page
    assert files["style.css"]


def test_the_start_page_says_what_is_broken():
    """Failed with the rules, and a link to each page; or succeeded."""
    files = data_docs.stand_alone({"validations/x.html": PAGE}, ["a rule <b>"], AS_OF)

    start = files["index.html"].decode()
    assert "Failed" in start
    assert "a rule &lt;b&gt;" in start
    assert 'href="validations/x.html"' in start
    assert "Succeeded" in data_docs.stand_alone({}, [], AS_OF)["index.html"].decode()
