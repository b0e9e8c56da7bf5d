"""The printed identity of a page: a pure codec, drawn by `layout` and read by `register`.

Payload, upper case, 21 characters that fit QR version 2 level Q in alphanumeric mode:

    SF1 | layout digest 5 | instance 7 | page 1 | pages 1 | CRC 4

All fields are Crockford base32 (Crockford 2002, crockford.com/base32). The CRC is CRC-16/CCITT-FALSE (polynomial
0x1021, start 0xFFFF) over the ASCII characters before it, as 4 base32 digits. The printed form id is `digest-instance`
with an ISO 7064 mod 37,36 check character.
"""

import binascii
import hashlib
import json
import re

from scanform.model.layout import Layout, layout_to_dict
from scanform.model.page import FoundBy, Identity

PREFIX = "SF1"
BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DIGEST_LENGTH = 5
INSTANCE_LENGTH = 7
INSTANCE_BITS = 35
MAX_PAGES = 31
PAYLOAD_LENGTH = 21

_PAYLOAD = re.compile(rf"{PREFIX}([{BASE32}]{{5}})([{BASE32}]{{7}})([{BASE32}])([{BASE32}])([{BASE32}]{{4}})")
_FORM_ID = re.compile(rf"([{BASE32}]{{5}})-([{BASE32}]{{7}})-([0-9A-Z])")
_ISO_7064 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def base32(value: int, length: int) -> str:
    """`value` as exactly `length` Crockford base32 digits; raises ValueError when it does not fit."""
    if value < 0 or value >> (5 * length):
        raise ValueError(f"{value} does not fit into {length} base32 digits")
    return "".join(BASE32[(value >> (5 * place)) & 31] for place in reversed(range(length)))


def encode(identity: Identity) -> str:
    """The payload of the page code for `identity`; raises ValueError for fields that do not fit."""
    if not 1 <= identity.page <= identity.pages <= MAX_PAGES:
        raise ValueError(f"page {identity.page} of {identity.pages}: a form has 1 to {MAX_PAGES} pages")
    body = f"{PREFIX}{identity.digest}{identity.instance}{base32(identity.page, 1)}{base32(identity.pages, 1)}"
    payload = body + _crc(body)
    if not _PAYLOAD.fullmatch(payload):
        raise ValueError(f"not a layout digest and an instance: {identity.digest!r}, {identity.instance!r}")
    return payload


def decode(payload: str) -> Identity | None:
    """The identity in `payload`, or None when it is foreign or damaged."""
    match = _PAYLOAD.fullmatch(payload)
    if match is None or _crc(payload[:-4]) != match[5]:
        return None
    page, pages = BASE32.index(match[3]), BASE32.index(match[4])
    if not 1 <= page <= pages:
        return None
    return Identity(digest=match[1], instance=match[2], page=page, pages=pages, found_by=FoundBy.CODE)


def form_id(digest: str, instance: str) -> str:
    """The printed text id, `DDDDD-IIIIIII-C`."""
    return f"{digest}-{instance}-{check_character(digest + instance)}"


def parse_form_id(text: str) -> tuple[str, str] | None:
    """(digest, instance) of a printed text id whose check character is right, else None."""
    match = _FORM_ID.fullmatch(text.strip().upper())
    if match is None or check_character(match[1] + match[2]) != match[3]:
        return None
    return match[1], match[2]


def check_character(text: str) -> str:
    """The ISO 7064 mod 37,36 check character of upper case letters and digits (ISO/IEC 7064:2003, hybrid system)."""
    product = 36
    for character in text:
        total = (product + _ISO_7064.index(character)) % 36 or 36
        product = total * 2 % 37
    return _ISO_7064[(37 - product) % 36]


def _crc(body: str) -> str:
    return base32(binascii.crc_hqx(body.encode("ascii"), 0xFFFF), 4)


def layout_digest(layout: Layout) -> str:
    """The first 25 bits of the SHA-256 of the canonical layout without its digest, as 5 base32 digits.

    Canonical: `layout_to_dict` without "digest", JSON with sorted keys and no spaces, UTF-8.
    """
    content = {name: value for name, value in layout_to_dict(layout).items() if name != "digest"}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return base32(int.from_bytes(hashlib.sha256(canonical).digest()[:4], "big") >> 7, DIGEST_LENGTH)
