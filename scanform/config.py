"""survey.toml: the settings of one project."""

import re
import tomllib
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Annotated, cast, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scanform.errors import StoreError, Words, words
from scanform.i18n.texts import DEFAULT_LANGUAGE, LANGUAGES, text
from scanform.model.constraint import Constraint
from scanform.model.person import Role

FILE_NAME = "survey.toml"
FORMAT = "scanform-survey/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingConfig:
    """How pages are read."""

    accept: Annotated[float, Constraint(least=0.5, most=1)] = 0.995
    """Fraction of the values accepted without review that has to be right, for every kind of field. The confidence
    threshold at which a kind meets it is measured (`assemble.AcceptSettings`).
    """
    jobs: Annotated[int, Constraint(least=0)] = 0
    """Number of processes, 0 for one per core."""
    page_seconds: float = 60.0
    """Time limit for one page."""
    file_seconds: float = 60.0
    """Time limit for inspecting one file."""
    settle_seconds: Annotated[float, Constraint(least=0)] = 2.0
    """How long a file must be unchanged before it is taken: copiers write slowly."""


PERSONAL_FIGURES = ("nobody", "self", "supervisor")
"""Who sees how many wrong proposals somebody missed: only the total of all people, each person their own as well,
supervisors each person's.
"""

MOST_KNOWN = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewConfig:
    """How values are reviewed."""

    known_answers: Annotated[
        float,
        Constraint(
            least=0, most=MOST_KNOWN, says="share of settled values with a wrong proposal among those shown; 0 for none"
        ),
    ] = 0.03
    """Fraction of seeded items among the values on a screen: settled values with a wrong proposal, which measure how
    many wrong proposals people miss; 0 for none.
    """
    personal_figures: Annotated[
        str, Constraint(choices=PERSONAL_FIGURES, says="who sees how many wrong proposals a person let pass")
    ] = "self"
    """One of PERSONAL_FIGURES."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginConfig:
    """How people log in to the review station."""

    idle_minutes: Annotated[int, Constraint(least=1)] = 30
    """A login ends after this many minutes without activity."""
    absolute_hours: Annotated[int, Constraint(least=1)] = 12
    """A login ends this many hours after it began in any case."""
    second_factor: Annotated[str, Constraint(says="roles that must have a second factor, separated by spaces")] = ""
    """Roles that must have a second factor ("admin supervisor")."""
    issuer: Annotated[
        str, Constraint(says="address of the organisation's login service (OpenID Connect); empty: none")
    ] = ""
    """The organisation's login service (OpenID Connect), "" for none."""
    client_id: str = ""
    """scanform's client id at the login service, "" for none."""
    secret_file: Annotated[
        str, Constraint(says="file with the client's secret; empty: environment variable SCANFORM_OIDC_SECRET")
    ] = ""
    """File with the client's secret; without one it is in the environment variable SCANFORM_OIDC_SECRET."""


SWITCH = ("off", "on")
PLACES = ("one", "several")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFormConfig:
    """How people answer the questionnaire on the web."""

    address: Annotated[str, Constraint(says="public https address of the web form; empty: none")] = ""
    """Public address under which people reach the web form, "" for none."""
    open_link: Annotated[str, Constraint(choices=SWITCH, says="whether people may answer without an access code")] = (
        "off"
    )
    """One of SWITCH: whether anybody may answer without an access code."""
    places: Annotated[str, Constraint(choices=PLACES, says="responses that one access code may send")] = "one"
    """One of PLACES: whether an access code is good for one response or for one per place."""
    draft_days: Annotated[int, Constraint(least=1)] = 30
    """Days after its last change that a questionnaire which was not sent is deleted."""
    publisher: Annotated[str, Constraint(says="who publishes the survey; empty: as the questionnaire says")] = ""
    """Who publishes the survey, "" for what the questionnaire says."""
    logo: Annotated[str, Constraint(says="picture in the project's folder (svg, png, webp or jpg); empty: none")] = ""
    """File in the project folder, "" for none."""
    colour: Annotated[str, Constraint(says="colour of header and buttons as #rrggbb; empty: scanform's own")] = ""
    """Colour of header and buttons (#rrggbb), "" for scanform's own."""
    contact: Annotated[str, Constraint(says="whom people can ask; shown on every page")] = ""
    """One line on every page: whom people can ask."""
    privacy: Annotated[str, Constraint(says="what happens to the answers; shown before the first question")] = ""
    """Shown before the first question: what happens to the answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The project's settings."""

    name: str = ""
    language: Annotated[str, Constraint(choices=LANGUAGES)] = DEFAULT_LANGUAGE
    database: Annotated[str, Constraint(says="a database URL; empty: scanform.sqlite in the folder")] = ""
    """A URL, "" for scanform.sqlite in the project folder."""
    time_zone: Annotated[
        str,
        Constraint(
            says="IANA name of the time zone of the online survey's server, such as Europe/Berlin; empty: that of this machine"
        ),
    ] = ""
    """Time zone of the server whose clock wrote the times of online responses, and of the people who read times here,
    such as "Europe/Berlin"; "" for this machine's.
    """
    reply_by: Annotated[str, Constraint(says="last day for replies as YYYY-MM-DD, printed on forms; empty: none")] = ""
    """The last day for replies (ISO 8601), "" for none."""
    reading: ReadingConfig = ReadingConfig()
    review: Annotated[ReviewConfig, Constraint(says="how values are reviewed; see docs/review-station.md")] = (
        ReviewConfig()
    )
    login: Annotated[LoginConfig, Constraint(says="how people log in to the review station; see docs/accounts.md")] = (
        LoginConfig()
    )
    web_form: Annotated[WebFormConfig, Constraint(says="how people answer on the web; see docs/web-form.md")] = (
        WebFormConfig()
    )


def load_config(folder: Path) -> Config:
    """The settings of the project in `folder`; raises StoreError, in `language`, when they are missing or invalid."""
    path = folder / FILE_NAME
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise StoreError(
            words("project.none", folder=str(folder)), remedy=words("project.none_remedy"), slug="no-project"
        ) from error
    except OSError as error:
        raise _wrong(path, error) from error
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, _no_toml(error)) from error
    except UnicodeDecodeError as error:
        raise _wrong(path, words("os.not-utf8")) from error
    return _config(content, path)


def dump_config(config: Config) -> str:
    """The text of survey.toml, with a comment on each setting."""
    lines = [f'format = "{FORMAT}"']
    for name in ("name", "language", "database", "time_zone", "reply_by"):
        lines += [f"# {text(f'project.setting_{name}', config.language)}", f"{name} = {_toml(getattr(config, name))}"]
    for table in ("reading", "review", "login", "web_form"):
        part = getattr(config, table)
        lines += ["", f"[{table}]"]
        for field in fields(part):
            lines += [
                f"# {text(f'project.setting_{field.name}', config.language)}",
                f"{field.name} = {_toml(getattr(part, field.name))}",
            ]
    return "\n".join(lines) + "\n"


def _toml(value: str | float | int) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return (
            '"'
            + "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in escaped)
            + '"'
        )
    return str(value)


def _config(content: dict[str, object], path: Path) -> Config:
    if content.pop("format", None) != FORMAT:
        raise _wrong(path, f'format = "{FORMAT}"')
    reading = content.pop("reading", {})
    if not isinstance(reading, dict):
        raise _wrong(path, "[reading]")
    review = content.pop("review", {})
    if not isinstance(review, dict):
        raise _wrong(path, "[review]")
    login = content.pop("login", {})
    if not isinstance(login, dict):
        raise _wrong(path, "[login]")
    web_form = content.pop("web_form", {})
    if not isinstance(web_form, dict):
        raise _wrong(path, "[web_form]")
    config = cast(Config, _filled(Config(), content, path))
    config = replace(config, login=cast(LoginConfig, _filled(LoginConfig(), login, path)))
    config = replace(config, web_form=cast(WebFormConfig, _filled(WebFormConfig(), web_form, path)))
    config = replace(config, review=cast(ReviewConfig, _filled(ReviewConfig(), review, path)))
    config = replace(config, reading=cast(ReadingConfig, _filled(ReadingConfig(), reading, path)))
    if not _is_allowed(config):
        raise _wrong(path, f'language = "{config.language}"')
    for name in ("reading", "review", "login", "web_form"):
        if not _is_allowed(getattr(config, name)):
            raise _wrong(path, f"[{name}]")
    if not set(config.login.second_factor.split()) <= set(Role):
        raise _wrong(path, "[login]")
    if config.web_form.colour and not _COLOUR.fullmatch(config.web_form.colour):
        raise _wrong(path, f'colour = "{config.web_form.colour}"')
    if not _is_zone(config.time_zone):
        raise _wrong(path, f'time_zone = "{config.time_zone}"')
    if not is_day(config.reply_by):
        raise _wrong(path, f'reply_by = "{config.reply_by}"')
    return config


def is_day(day: str) -> bool:
    """Whether that is a day as survey.toml writes it, or none."""
    try:
        return not day or date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False


def _is_zone(name: str) -> bool:
    """Whether that is a time zone of the IANA database, or none."""
    try:
        return not name or bool(ZoneInfo(name).key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


_ACCEPTED: dict[type, tuple[type, ...]] = {str: (str,), int: (int,), float: (int, float)}


_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

_Part = Config | ReadingConfig | ReviewConfig | LoginConfig | WebFormConfig


def _is_allowed(part: _Part) -> bool:
    """Whether every setting satisfies the constraint beside it, as in docs/schemas/survey.schema.json."""
    for name, hint in get_type_hints(type(part), include_extras=True).items():
        value = getattr(part, name)
        for constraint in getattr(hint, "__metadata__", ()):
            if constraint.choices and value not in constraint.choices:
                return False
            if isinstance(value, int | float) and not constraint.allows(value):
                return False
    return True


def _filled(defaults: _Part, values: dict[str, object], path: Path) -> _Part:
    known = {field.name: getattr(defaults, field.name) for field in fields(defaults)}
    converted: dict[str, object] = {}
    for name, value in values.items():
        wanted = _ACCEPTED.get(type(known.get(name)), ())
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise _wrong(path, f"{name} = {value!r}")
        converted[name] = float(value) if isinstance(known[name], float) and isinstance(value, int) else value
    return replace(defaults, **converted)  # type: ignore[arg-type]  # types were compared above


def _no_toml(error: tomllib.TOMLDecodeError) -> Words:
    """The place of a TOML syntax error: the library's own message is in English only."""
    line = re.search(r"at line (\d+)", str(error))
    return words("project.no_toml_line", line=line[1]) if line else words("project.no_toml")


def _wrong(path: Path, what: str | Words | OSError) -> StoreError:
    return StoreError(
        words("project.bad_config", path=str(path), what=what),
        remedy=words("project.bad_config_remedy"),
        slug="bad-config",
    )
