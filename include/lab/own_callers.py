"""What stands before a service without a login: a web page's requests do not get through."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class OwnCallers:
    """An ASGI middleware that knows the names of its service, and refuses every other.

    A page of another site can make the browser on this machine send a request to loopback. Then
    the header `Origin` names that site; and if the site's own name leads here, `Host` does.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        """Stand before `app`, which is called by one of `hosts`, without a port."""
        self.app = TrustedHostMiddleware(app, allowed_hosts=list(hosts), www_redirect=False)
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a foreign `Origin`, 400 to a foreign `Host`; pass the rest on."""
        called = scope["type"] in ("http", "websocket")
        origin = Headers(scope=scope).get("origin") if called else None
        if origin is None or urlsplit(origin).hostname in self.hosts:
            await self.app(scope, receive, send)
        else:
            refusal = PlainTextResponse(f"Pages of {origin!r} may not call this service.", 403)
            await refusal(scope, receive, send)
