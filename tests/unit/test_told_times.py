"""Moments, days and numbers as the reader writes them, on the reader's clock; what programs read keeps ISO 8601."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanform.config import Config
from scanform.i18n.texts import date_text, day_text, decimal_text, moment_text, number_text, percent_text, value_text
from scanform.model.questionnaire import Alphabet
from scanform.workflow.project import time_zone
from scanform.workflow.project.time_zone import LocalZone, readers_zone

ROOT = Path(__file__).parents[2]
BERLIN = ZoneInfo("Europe/Berlin")

# --- what is said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "zone", "de", "en"),
    [
        ("2026-11-30T16:21:33+00:00", BERLIN, "30.11.2026, 17:21", "30 Nov 2026, 17:21"),  # winter: an hour ahead
        ("2026-07-01T22:30:00+00:00", BERLIN, "02.07.2026, 00:30", "2 Jul 2026, 00:30"),  # summer: two, and another day
        (
            "2026-03-29T00:59:59.999+00:00",
            BERLIN,
            "29.03.2026, 01:59",
            "29 Mar 2026, 01:59",
        ),  # the last minute of winter time
        ("2026-03-29T01:00:00Z", BERLIN, "29.03.2026, 03:00", "29 Mar 2026, 03:00"),
        (
            "2026-11-30T16:21:33",
            ZoneInfo("America/New_York"),
            "30.11.2026, 11:21",
            "30 Nov 2026, 11:21",
        ),  # without a zone: UTC
        ("2026-01-01T02:00:00+09:00", UTC, "31.12.2025, 17:00", "31 Dec 2025, 17:00"),
    ],
)
def test_moments_are_told_on_the_readers_clock(at, zone, de, en):
    """In the language's own form, with summer time, wherever the reader is."""
    assert (moment_text(at, "de", zone), moment_text(at, "en", zone)) == (de, en)
    assert (date_text(at, "de", zone), date_text(at, "en", zone)) == (de.partition(",")[0], en.partition(",")[0])


def test_moments_with_seconds_and_none():
    """Where acts follow each other fast the seconds stand, too; no moment is no text."""
    assert moment_text("2026-11-30T16:21:33+00:00", "de", BERLIN, seconds=True) == "30.11.2026, 17:21:33"
    assert moment_text("", "de", BERLIN) == date_text("", "en", BERLIN) == ""


@settings(deadline=None)
@given(
    st.integers(315_532_800, 2_114_380_800), st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Kathmandu"))
)
def test_a_told_moment_is_the_stored_one(second, name):
    """Read back by the reader's clock it is the same moment, to the minute; only in the hour that comes twice it may
    be the other of the two.
    """
    stored, zone = datetime.fromtimestamp(second // 60 * 60, tz=UTC), ZoneInfo(name)
    told = datetime.strptime(moment_text(stored.isoformat(), "de", zone), "%d.%m.%Y, %H:%M").replace(tzinfo=zone)
    assert stored in {told.astimezone(UTC), told.replace(fold=1).astimezone(UTC)}


def test_the_zone_is_that_of_the_settings_else_the_machines(monkeypatch):
    """One place says on whose clock times are told; a machine whose zone has no name tells its own time all the
    same.
    """
    monkeypatch.setattr(time_zone, "machine_zone", lambda: "Asia/Kathmandu")
    assert readers_zone(Config(time_zone="Europe/Berlin")) == BERLIN
    assert readers_zone(Config()) == ZoneInfo("Asia/Kathmandu")
    local = datetime(2026, 7, 1, 10, tzinfo=UTC).astimezone().strftime("%d.%m.%Y, %H:%M")
    assert moment_text("2026-07-01T10:00:00+00:00", "de", LocalZone()) == local


def test_days_are_written_as_people_write_them():
    """What is no day, or would look like another one, stays as it is stored."""
    assert (day_text("2026-03-14", "de"), day_text("2026-03-14", "en")) == ("14.03.2026", "14 Mar 2026")
    assert (day_text("2026-03-14", "de", typed=True), day_text("2026-03-14", "en", typed=True)) == (
        "14.03.2026",
        "14/03/2026",
    )
    for other in ("", "2026-02-30", "20260314", "14.03.2026", "0026-03-14", "kein Datum"):
        assert day_text(other, "de") == day_text(other, "en", typed=True) == other


def test_values_are_written_by_their_kind():
    """Only days and decimal numbers are stored otherwise than people write them; codes are never touched."""
    assert value_text("2026-03-14", Alphabet.DATE, "de") == "14.03.2026"
    assert value_text("2026-03-14", Alphabet.ALNUM, "de") == value_text("2026-03-14", None, "de") == "2026-03-14"
    assert (value_text("12345.50", Alphabet.DECIMAL, "de"), value_text("12345.5", Alphabet.DECIMAL, "en")) == (
        "12345,5",
        "12345.5",
    )
    assert value_text("0.1234567", Alphabet.DECIMAL, "de") == "0,1234567"
    assert value_text("1?3", Alphabet.DECIMAL, "de") == "1?3"
    assert value_text("044139", Alphabet.DIGITS, "de") == "044139"


def test_numbers_have_the_signs_of_the_language():
    """Decimal sign, groups, and the space before the per cent sign."""
    assert (decimal_text(1234.5, "de", 2), decimal_text(1234.5, "en", 2)) == ("1.234,50", "1,234.50")
    assert (decimal_text(7, "de", 0), decimal_text(Decimal("0.04"), "en", 1)) == ("7", "0.0")
    assert (percent_text(0.025, "de", 2), percent_text(0.025, "en", 2)) == ("2,50\N{NO-BREAK SPACE}%", "2.50%")
    assert (number_text(1234567, "de"), number_text(Decimal("12345.678901"), "en", grouped=False)) == (
        "1.234.567",
        "12345.678901",
    )
    assert (percent_text(0.5, "de"), percent_text(1, "en")) == ("50\N{NO-BREAK SPACE}%", "100%")


# --- nothing is formatted by hand ------------------------------------------------------------------------------------


BY_HAND = {
    "a moment cut to size": re.compile(
        r"""(?:\bat|_at|\bwhen|\buntil|\bsince|moment\w*|\biso)\b["')\]\s]*(?:or ["']{2}\))?\[:(?:10|16|19)\]"""
    ),
    "the T of a moment taken out": re.compile(r"""replace\(["']T["'],\s*["'] ["']\)"""),
    "a date pattern of our own": re.compile(r"strftime"),
    "a decimal sign of our own": re.compile(
        r"""(?:replace|replaceAll)\(["']\.["'], ?["'],["']|maketrans\(",\.", "\.,"\)|["'],["'] if \S*language == "de" """
    ),
    "groups of our own": re.compile(r""":,\}"""),
}


NOT_FOR_PEOPLE = {"cell_truth.py", "spreadsheet.py"}
"""What people wrote into cells, and what a spreadsheet made of codes: both have signs of their own."""


def by_hand(source):
    """What of a source writes moments and numbers by hand: (line number, what)."""
    return [
        (number, what)
        for number, line in enumerate(source.splitlines(), 1)
        for what, pattern in BY_HAND.items()
        if pattern.search(line)
    ]


@pytest.mark.parametrize(
    "line",
    [
        "{{ job.at[:16]|replace('T', ' ') }}",
        "at=batch.created_at[:10]",
        "(done.released_at or '')[:16]",
        "year = iso[:10].split('-')",
        "now.strftime('%d')",
        "written.replace('.', ',')",
        'f"{value:.1f}".replace(".", "," if language == "de" else ".")',
        "f'{pixels:,}'",
    ],
)
def test_what_is_formatted_by_hand_is_found(line):
    """The check itself sees what it is there for."""
    assert by_hand(line)


def test_nothing_is_formatted_by_hand():
    """Neither in templates nor in the program: people read what Babel and Intl write."""
    files = [
        path
        for folder in ("scanform", "review_ui")
        for ending in ("*.py", "*.html", "*.js")
        for path in (ROOT / folder).rglob(ending)
    ]
    assert len(files) > 100
    assert [
        (path.name, *found)
        for path in files
        if path.name not in NOT_FOR_PEOPLE
        for found in by_hand(path.read_text("utf-8"))
    ] == []


def test_no_screen_shows_a_stored_moment():
    """In templates a moment stands only where one of the three functions writes it."""
    told = re.compile(r"(?:when|day_of|time_of)\([\w.]+, language(?:, seconds=true)?\)(?: if [\w.]+)?")
    shown = re.compile(r"\{\{(?:(?!\}\}).)*\.(?:\w+_at|at|invited_until)\b")
    pages = {path.name: path.read_text("utf-8") for path in (ROOT / "review_ui/templates").glob("*.html")}
    assert sum(len(told.findall(page)) for page in pages.values()) > 10
    assert [(name, found) for name, page in pages.items() for found in shown.findall(told.sub("", page))] == []
