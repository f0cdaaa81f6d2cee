"""Which paths belong to the partner API, and which only steer it."""

HEALTH = "/health"
PARTNER_PATHS = ("/oauth/token", "/orders", "/stock", "/reviews", HEALTH)
CONTROL_PATHS = ("/faults", "/received", "/settings", "/docs", "/redoc", "/openapi.json")


def is_at_or_below(path: str, start: str) -> bool:
    """Tell whether `path` is `start` or lies below it; everything lies below '/'."""
    return path == start or path.startswith(start.rstrip("/") + "/")


def is_control(path: str) -> bool:
    """Tell whether a path only steers or explains the API, and is never faulted or recorded."""
    return path in ("/", "/favicon.ico") or any(is_at_or_below(path, at) for at in CONTROL_PATHS)
