"""What the pages of the web application share: the requested language, texts for scripts, checked request bodies."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import tzinfo
from typing import Final, TypeGuard, cast
from urllib.parse import quote

from flask import Flask, abort, current_app, request
from markupsafe import Markup
from werkzeug.routing import IntegerConverter, ValidationError

from scanform.i18n.texts import LANGUAGES, date_text, keys, moment_text, template
from scanform.workflow.review.cards import Card

LARGEST_NUMBER: Final = 2**31 - 1
"""Largest number of a page, batch, account or login: PostgreSQL's largest integer."""


class NumberInAddress(IntegerConverter):
    """A number in a URL; the URL of an impossible number does not exist."""

    def to_python(self, value: str) -> int:
        """The number; raises ValidationError, which becomes 404."""
        found = _whole(value)
        if found is None:
            raise ValidationError
        return found


def asked_number(name: str, default: int = 0) -> int:
    """A number in the URL's query, `default` when there is none; 404 for an impossible one."""
    value = request.args.get(name, "")
    found = _whole(value.removeprefix("-"))
    if found is None and value.removeprefix("-").isdecimal():
        abort(404)
    return default if found is None else -found if value.startswith("-") else found


def sent_number(value: str) -> int | None:
    """A number in a form field; None for anything else and for an impossible one."""
    return _whole(value)


def _whole(text: str) -> int | None:
    """The number written in plain digits; None when it is not one or too large."""
    plain = text.isascii() and text.isdigit() and len(text.lstrip("0")) <= len(str(LARGEST_NUMBER))
    return (
        int(text[-len(str(LARGEST_NUMBER)) :])
        if plain and int(text[-len(str(LARGEST_NUMBER)) :]) <= LARGEST_NUMBER
        else None
    )


def tell_times(app: Flask, zone: tzinfo) -> None:
    """Show times in the time zone `zone`, in templates by `when`, `day_of` and `time_of`."""
    app.config["ZONE"] = zone
    app.jinja_env.globals.update(when=when, day_of=day_of, time_of=time_of)


def when(at: str, language: str, *, seconds: bool = False) -> str:
    """A stored time in words."""
    return moment_text(at, language, current_app.config["ZONE"], seconds=seconds)


def day_of(at: str, language: str) -> str:
    """The day of a stored time in words."""
    return date_text(at, language, current_app.config["ZONE"])


def time_of(at: str, language: str, *, seconds: bool = False) -> Markup:
    """A time in words, with its machine-readable form for programs."""
    return Markup('<time datetime="{}">{}</time>').format(at, when(at, language, seconds=seconds))


def language_of(default: str) -> str:
    """The language that the request asks for, if it is supported."""
    wanted = request.args.get("lang", default)
    return wanted if wanted in LANGUAGES else default


def texts_of(prefix: str, language: str) -> dict[str, str]:
    """All texts whose key begins with `prefix`, without it."""
    return {
        key.removeprefix(prefix): template(key, language) for key in sorted(keys(language)) if key.startswith(prefix)
    }


def card_data(card: Card | None, *, whole_page: bool = True) -> dict[str, object] | None:
    """A card as a screen gets it, with the URLs of its pictures; names may be visible on a `whole_page`."""
    if card is None:
        return None
    url = f"/crops/{quote(card.id)}?v={card.version}" if card.has_crop else None
    return {
        **asdict(card),
        "crop_url": url,
        "tile_url": url and f"{url}&tight=1",
        "context_url": f"{url}&context=1" if url and whole_page else None,
    }


def body_of() -> Mapping[str, object]:
    """The JSON object of the request; 400 when there is none."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        abort(400)
    return cast("Mapping[str, object]", body)


def text_of(body: Mapping[str, object], name: str) -> str:
    """A text in a body; 400 for anything else."""
    value = body.get(name)
    if not isinstance(value, str):
        abort(400)
    return value


def number_of(body: Mapping[str, object], name: str) -> int:
    """A whole number in a body; 400 for anything else and for an impossible one."""
    value = body.get(name)
    if not is_number(value):
        abort(400)
    return value


def is_number(value: object) -> TypeGuard[int]:
    """Whether something in a body is a storable whole number."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def names_of(body: Mapping[str, object], name: str) -> list[str]:
    """A list of texts in a body; 400 for anything else."""
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        abort(400)
    return value
