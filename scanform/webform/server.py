"""Serving the web form, on this computer or behind a reverse proxy."""

from collections.abc import Callable

from scanform.errors import UsageError, words
from scanform.web.server import HOST, Server, bind_app, until_interrupted
from scanform.webform.app import create_app, logo_of
from scanform.workflow.answering.desk import AnsweringDesk

DEFAULT_PORT = 8766

THREADS = 16
"""Twice the review station's: answers wait for the disk, one after the other."""

LEAST_CONTRAST = 4.5

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def bind(
    desk: AnsweringDesk, *, port: int = DEFAULT_PORT, host: str = HOST, proxy: str = "", language: str = "de"
) -> Server:
    """Bind the port (0: any free one) and return the server, not yet serving.

    Raises UsageError when the port is taken, there is nothing to answer, or other computers could reach it without TLS.
    """
    if not desk.questionnaires:
        raise UsageError(words("web_form.nothing-to-ask"), remedy=words("web_form.nothing-to-ask-remedy"))
    if host not in LOOPBACK and not proxy:
        raise UsageError(words("web_form.without-tls", host=host), remedy=words("web_form.without-tls-remedy"))
    _check_looks(desk)
    app = create_app(desk, proxy=proxy, language=language)
    return bind_app(app, port=port, proxy=proxy, host=host, threads=THREADS)


def _check_looks(desk: AnsweringDesk) -> None:
    """Raise UsageError for a logo that is not there, and for a colour on which white text is hard to read (WCAG 2.2,
    1.4.3).
    """
    colour, logo = desk.config.colour, desk.config.logo
    if logo and logo_of(desk) is None:
        raise UsageError(words("web_form.unlisted-logo", logo=logo), remedy=words("web_form.unlisted-logo-remedy"))
    contrast = white_on(colour) if colour else LEAST_CONTRAST
    if contrast < LEAST_CONTRAST:
        shown = f"{contrast:.2f}"
        raise UsageError(words("web_form.pale", colour=colour, contrast=shown), remedy=words("web_form.pale-remedy"))


def white_on(colour: str) -> float:
    """The contrast of white text on a colour (#rrggbb), 1 to 21: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def serve(
    desk: AnsweringDesk,
    *,
    port: int = DEFAULT_PORT,
    host: str = HOST,
    proxy: str = "",
    language: str = "de",
    ready: Callable[[str], None],
) -> None:
    """Serve the web form until interrupted; `ready` is called once with its address."""
    desk.forget()
    server = bind(desk, port=port, host=host, proxy=proxy, language=language)
    with until_interrupted(server):
        ready(server.url)
        server.run()
