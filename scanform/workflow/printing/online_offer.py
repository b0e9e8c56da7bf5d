"""What a printed form says about answering online: the address from survey.toml, the link for phones, the reply date.
Without an address nothing is promised.
"""

from urllib.parse import quote, urlsplit

from scanform.config import Config
from scanform.errors import UsageError, words
from scanform.i18n.texts import day_text
from scanform.layout.recipient import OnlineOffer

TOKEN = "{token}"  # noqa: S105  (a placeholder)
"""Stands for the access code in the address of a survey tool of others."""


def online_offer(config: Config, token: str | None, language: str) -> OnlineOffer:
    """The offer on a form with this token, None for a form without recipient: such a form offers the online form only
    if anybody may answer there. Raises UsageError for an address that is none.
    """
    reply_by = day_text(config.reply_by, language)
    link = online_link(config, token)
    if not link:
        return OnlineOffer(reply_by=reply_by)
    return OnlineOffer(address=shown_address(config), link=link, reply_by=reply_by)


def online_link(config: Config, token: str | None) -> str:
    """The link that leads a recipient to the online form; "" where there is none."""
    address = _address(config)
    if not address or (token is None and config.web_form.open_link == "off"):
        return ""
    if token is None:
        return f"https://{shown_address(config)}"
    if TOKEN in address:
        return address.replace(TOKEN, quote(token, safe=""))
    return f"{address.rstrip('/')}/t/{quote(token, safe='')}"


def shown_address(config: Config) -> str:
    """The address as people type it: without scheme and without what only links need."""
    address = _address(config).partition("?")[0].partition(TOKEN)[0]
    return address.partition("://")[2].rstrip("/")


def _address(config: Config) -> str:
    """The address with its scheme, "" for none."""
    given = config.web_form.address.strip()
    if not given:
        return ""
    address = given if "://" in given else f"https://{given}"
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"} or "." not in parts.netloc or any(sign.isspace() for sign in address):
        raise UsageError(words("print.bad_address", address=given), remedy=words("print.bad_address_remedy"))
    return address
