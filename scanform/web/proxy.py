"""Running behind a reverse proxy on the same computer that terminates TLS."""

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, abort, request
from werkzeug.middleware.proxy_fix import ProxyFix

from scanform.errors import UsageError, words

HSTS: Final = "max-age=31536000; includeSubDomains"


def public_host(address: str) -> str:
    """The host name in an address like https://survey.example; raises UsageError for anything else."""
    parts = urlsplit(address)
    try:
        port = parts.port
    except ValueError:
        port = -1
    plain = parts.path in {"", "/"} and not parts.query and not parts.fragment and parts.username is None
    if parts.scheme != "https" or not parts.hostname or port is not None or not plain:
        raise UsageError(words("accounts.bad-proxy", address=address), remedy=words("accounts.bad-proxy-remedy"))
    return parts.hostname


def behind_proxy(app: Flask, address: str) -> None:
    """Answer to the public name only, over TLS only: cookies that no other host can set, HSTS, the browser's address
    from the one proxy in front.

    nginx appends the client's address to X-Forwarded-For; exactly that one entry is trusted.
    """
    # Werkzeug documents this assignment; mypy sees a method replaced
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=0, x_port=0, x_prefix=0)  # type: ignore[method-assign]
    app.config.update(
        HOSTS=frozenset({public_host(address)}),
        SESSION_COOKIE_NAME=f"__Host-{app.config['SESSION_COOKIE_NAME']}",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_PATH="/",
        HEADERS={**app.config["HEADERS"], "Strict-Transport-Security": HSTS},
    )

    @app.before_request
    def tls_only() -> None:
        if request.scheme != "https":
            abort(400)
