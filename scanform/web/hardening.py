"""A web application that answers its own pages only: host names, origins, CSRF tokens, strict headers."""

from typing import Final

from flask import Flask, Response, abort, current_app, request
from flask_wtf.csrf import CSRFProtect

HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""Host names under which the program answers; any other means that a foreign page points its own name here."""

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def harden(app: Flask, *, cookie: str, key: bytes, largest: int) -> None:
    """Serve only browsers on this computer (see `proxy` for others); `largest` is the maximum size of a body in bytes.

    `key` signs the session cookie; other sites may link to pages, so it is sent with links that people follow.
    """
    app.config.update(
        SECRET_KEY=key,
        SESSION_COOKIE_NAME=cookie,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        # it requires a Referer, which our pages never send; `_own_origin_only` checks the origin
        WTF_CSRF_SSL_STRICT=False,
        HOSTS=HOSTS,
        HEADERS=HEADERS,
        MAX_CONTENT_LENGTH=largest,
    )
    CSRFProtect(app)
    app.before_request(_own_host_only)
    app.before_request(_own_origin_only)
    app.after_request(_harden)


def _own_host_only() -> None:
    """Refuses requests under any name but this computer's own (DNS rebinding)."""
    name = request.host.rpartition(":")[0] if request.host.rpartition(":")[2].isdigit() else request.host
    if name not in current_app.config["HOSTS"]:
        abort(400)


def _own_origin_only() -> None:
    """Refuses requests from foreign pages; links that a person follows are allowed."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    navigation = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
    if site not in {"same-origin", "none"} and not navigation:
        abort(403)
    origin = request.headers.get("Origin", "null")  # forms on pages without a referrer send "null"
    if origin not in {"null", request.host_url.rstrip("/")} or (
        origin == "null" and "Origin" in request.headers and site == "none"
    ):
        abort(403)


def _harden(response: Response) -> Response:
    response.headers.update(current_app.config["HEADERS"])
    return response
