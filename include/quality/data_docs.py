"""Data Docs as a site that stands alone: no file of other servers, and the same bytes each time."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; max-width: 75rem; margin: 2rem auto;
  padding: 0 1.5rem; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
th, td { border: 1px solid #cbd2d9; padding: .35rem .7rem; text-align: left;
  vertical-align: top; }
th { background: #f0f4f8; }
h5, h6 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
ol.breadcrumb { list-style: none; padding: 0; display: flex; gap: 1rem; }
.badge { background: #e4e7eb; border-radius: .3rem; padding: 0 .35rem; font-family: monospace; }
.alert-secondary, .ge-section > .row > div > [id$=header] { font-weight: 600; }
.good, .text-success { color: #18794e; } .bad, .text-danger { color: #c92a2a; }
.fa-check-circle::before { content: "\\2714"; } .fa-times::before { content: "\\2716"; }
.fa-exclamation-triangle::before { content: "\\26A0"; }
a { color: #0b69a3; }
.card:has(.btn-group), [data-toggle=collapse] { display: none; }
[style="color:red;"] { color: inherit !important; font-style: italic; }
.ge-section { margin-bottom: 1rem; }
"""

FOREIGN = re.compile(
    r"<script\b.*?</script>|<link\b[^>]*>|<footer\b.*?</footer>|<img\b[^>]*>|<!--.*?-->", re.DOTALL
)
"""What fetches something from elsewhere, runs code, or advertises."""

MOMENT = re.compile(r"\d{8}T\d{6}\.\d{6}Z")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def site(folder: str) -> dict[str, Any]:
    """Return the settings with which Great Expectations writes its pages to `folder`."""
    store = {"class_name": "TupleFilesystemStoreBackend", "base_directory": folder}
    index = {"class_name": "DefaultSiteIndexBuilder", "show_cta_footer": False}
    return {
        "class_name": "SiteBuilder",
        "store_backend": store,
        "site_index_builder": index,
        "show_how_to_buttons": False,
    }


def stand_alone(
    written: Mapping[str, str], broken: Sequence[str], as_of: datetime
) -> dict[str, bytes]:
    """Return the files of a site that a browser shows without the internet.

    Great Expectations' pages take their style and scripts from five other servers, and its start
    page is drawn by them. Each page gets a style of our own instead, and the start page is ours.

    Args:
        written: its pages, by path.
        broken: the rules that the batch broke, one line each.
        as_of: what every moment of the making becomes.
    """
    pages = {path: text for path, text in written.items() if path != "index.html"}
    files = {path: _plain(path, text, as_of) for path, text in sorted(pages.items())}
    files["index.html"] = _start(sorted(pages, reverse=True), broken, as_of)
    return {path: text.encode() for path, text in files.items()} | {"style.css": STYLE.encode()}


def _plain(path: str, text: str, as_of: datetime) -> str:
    style = f'<link rel="stylesheet" href="{"../" * path.count("/")}style.css"></head>'
    text = FOREIGN.sub("", text).replace("</head>", style, 1)
    text = MOMENT.sub(f"{as_of:%Y%m%dT%H%M%S}.000000Z", text)
    known = list(dict.fromkeys(UUID.findall(text)))
    for number, uuid in enumerate(known):
        text = text.replace(uuid, f"id-{number}")
    return text


def _start(pages: Sequence[str], broken: Sequence[str], as_of: datetime) -> str:
    verdict = '<b class="bad">Failed</b>' if broken else '<b class="good">Succeeded</b>'
    names = {"validations": "What was found, rule by rule", "expectations": "What is expected"}
    links = "".join(
        f'<li><a href="{escape(page)}">{names.get(page.partition("/")[0], page)}</a></li>'
        for page in pages
    )
    rules = "".join(f"<li>{escape(line)}</li>" for line in broken)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Data Docs</title>'
        '<link rel="stylesheet" href="style.css"></head><body>'
        f"<h1>Data Docs</h1><p>{verdict}, data as of {as_of:%Y-%m-%d}.</p>"
        f"<ul>{rules}</ul><h2>Pages</h2><ul>{links}</ul></body></html>\n"
    )
