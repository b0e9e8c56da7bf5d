"""Time zones: that of the server that wrote the times of an export (the one in survey.toml, otherwise the one known
from an earlier export, otherwise this machine's), and that of the people who read times here (the one in survey.toml,
otherwise this machine's).
"""

import os
import time
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scanform.config import Config

_LINK = Path("/etc/localtime")
_FOLDER = "zoneinfo/"


def zone_name(config: Config, kept: str | None) -> str:
    """The name of the zone: a person's setting first, then what was known, then the machine's own."""
    return config.time_zone or kept or machine_zone()


def readers_zone(config: Config) -> tzinfo:
    """The zone in which times are shown to people."""
    return zone(zone_name(config, None))


def machine_zone() -> str:
    """The name of this machine's time zone; "local" where it has none."""
    named = os.environ.get("TZ", "").removeprefix(":")
    linked = str(_LINK.resolve()).partition(_FOLDER)[2] if _LINK.is_symlink() else ""
    for name in (named, linked):
        if name and not isinstance(zone(name), LocalZone):
            return name
    return "UTC" if not time.timezone and not time.daylight else LocalZone.NAME


def zone(name: str) -> tzinfo:
    """The zone of that name, including daylight saving time."""
    if name == "UTC":
        return UTC
    try:
        return LocalZone() if name == LocalZone.NAME else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return LocalZone()


class LocalZone(tzinfo):
    """This machine's time where its zone has no name: the C library knows when clocks change."""

    NAME = "local"

    def utcoffset(self, dt: datetime | None) -> timedelta:
        """The offset of the machine's clock from UTC at that time."""
        return timedelta(0) if dt is None else dt.replace(tzinfo=None).astimezone().utcoffset() or timedelta(0)

    def fromutc(self, dt: datetime) -> datetime:
        """The machine's time at a moment in UTC."""
        return dt.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)

    def dst(self, dt: datetime | None) -> timedelta | None:
        """Not told."""
        return None

    def tzname(self, dt: datetime | None) -> str:
        """No name."""
        return self.NAME
