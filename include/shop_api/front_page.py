"""The page at `/`: what this service is, what will fail next, and what it received last."""

from collections.abc import Iterable
from html import escape

from include.shop_api.state import State

SHOWN = 20

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<title>Shop partner API</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1f2933; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #d9e2ec; }}
code {{ background: #f0f4f8; padding: .1rem .3rem; }}
</style>
</head>
<body>
<h1>Shop partner API</h1>
<p>Here the lessons fetch orders, stock and reviews. It fails only when it is asked to, and it
writes down every call. <a href="/docs">Try it out</a>, or break it:</p>
<p><code>curl {address}/faults -H 'content-type: application/json'
 -d '{{"next": 3, "status": 503, "path": "/orders"}}'</code></p>
<h2>Faults still to come</h2>
{faults}
<h2>Last received calls</h2>
{calls}
</body>
</html>
"""


def front_page(state: State, address: str) -> str:
    """Return the page as HTML; `address` is where this API is reached."""
    faults = [
        (
            *(fault.next, fault.path, fault.status or "answers rightly"),
            *(f"{fault.delay_seconds:g} s", fault.correlation_id or "all"),
        )
        for fault in state.faults.active()
    ]
    calls = [
        (f"{call.at:%H:%M:%S}", call.method, call.path, call.status or "…", call.client or "–")
        for call in reversed(state.received.calls()[-SHOWN:])
    ]
    return PAGE.format(
        address=escape(address),
        faults=_table(("calls", "path", "status", "delay", "callers"), faults) or "<p>None.</p>",
        calls=_table(("time (UTC)", "method", "path", "status", "client"), calls)
        or "<p>None yet.</p>",
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return an HTML table, or nothing if there are no rows."""
    lines = [
        "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>"
        for row in rows
    ]
    heads = "".join(f"<th>{name}</th>" for name in head)
    return f"<table><tr>{heads}</tr>{''.join(lines)}</table>" if lines else ""
