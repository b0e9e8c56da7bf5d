"""The list of recipients: token, name, address, from a CSV file as saved by a spreadsheet or LimeSurvey."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanform.errors import InputError, Several, Words, words
from scanform.formats import spreadsheet
from scanform.formats.questionnaires.codes import is_participant_column
from scanform.formats.responses.csv_io import read_table

LEAST_BITS = 23.0
"""Minimum strength of a token: a random guess succeeds once in 8 million. 5 letters or characters (the least that
LimeSurvey makes), 7 digits.
"""

KEPT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps; it turns the rest into zeros."""

MOSTLY = 0.6
"""Minimum fraction of a list's tokens with the same number of digits at which shorter numbers are treated as having
lost leading zeros.
"""

NAMED = 30
"""Rows that a message names; further ones are counted."""

_TOKENS = frozenset(
    {
        "token",
        "code",
        "zugangscode",
        "zugangsschlussel",
        "schlussel",
        "kennung",
        "accesscode",
        "access code",
        "access",
        "tan",
    }
)
_NAMES = frozenset(
    {
        "name",
        "einrichtung",
        "trager",
        "ort der begegnung",
        "begegnungsort",
        "empfanger",
        "recipient",
        "organisation",
        "organization",
    }
)
_FIRST_NAMES, _LAST_NAMES = (
    frozenset({"firstname", "first name", "vorname"}),
    frozenset({"lastname", "last name", "nachname", "surname"}),
)
_POSTCODES = frozenset({"plz", "postleitzahl", "zip", "postcode", "postal code"})
_TOWNS = frozenset({"ort", "stadt", "wohnort", "town", "city"})
_STREETS = frozenset({"strasse", "str", "street", "strasse und hausnummer", "strasse und nr", "street and number"})
_HOUSES = frozenset({"hausnummer", "haus nr", "hausnr", "hnr", "nr", "nummer", "house number", "number", "no"})
_LINES = re.compile(
    r"(?:address|adresse|anschrift|adresszeile|anschriftzeile|zeile|line|address "
    r"line|zusatz|adresszusatz|anschriftenzusatz|name ?zusatz|c/?o|"
    r"z\.? ?hd\.?|zu handen|ansprechpartner|ansprechpartnerin|ansprechperson|abteilung|department|postfach|po "
    r"box|ortsteil|stadtteil|stadtbezirk|"
    r"quarter|district|land|country) ?[0-9]*"
)
_ATTRIBUTE = re.compile(r"(attribute_[0-9]+)\s*(?:<(.*)>|\((.*)\)|\[(.*)\])?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One recipient. The token stays verbatim; name and address are what is printed. `row` is that of the list, 0 for
    none.
    """

    token: str
    name: str | None
    address: tuple[str, ...]
    row: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientList:
    """The recipients, in the order of the file; `left_out` are the headings of columns that are not printed."""

    recipients: tuple[Recipient, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The positions of the columns: the token's (None: there is none), those that make the name, those of the address
    in their order; `kinds` is the content of each of these.
    """

    token: int | None
    names: tuple[int, ...]
    address: tuple[int, ...]
    kinds: Mapping[int, str]


def read_recipients(path: Path) -> tuple[Recipient, ...]:
    """The recipients in the file, in its order; see `read_list`."""
    return read_list(path).recipients


def read_list(path: Path, *, printed: Collection[str] = ()) -> RecipientList:
    """The recipients in the file, and the columns that are not printed.

    Column names are German or English, upper or lower case, or LimeSurvey's (its list of participants): only what is
    known as a name or a part of an address is printed, postcode and town together on one line, street and number, first
    and last name. Raises InputError that names every row whose token is missing, duplicated, changed by a spreadsheet
    or guessable: nobody is left out silently. Tokens that were `printed` before are accepted as they are.
    """
    table = read_table(path)
    refused = [problem for problem in table.problems if problem.slug != "decoded-as"]
    if refused:
        raise _wrong(path, Several(tuple(refused), "; "))
    columns = address_columns(table.header)
    if columns.token is None:
        raise _wrong(path, words("print.no_token_column", columns=", ".join(table.header)))
    found = tuple(
        recipient_of(cells, columns, number) for number, cells in table.rows if any(cell.strip() for cell in cells)
    )
    _check(path, found, printed)
    used = {columns.token, *columns.names, *columns.address}
    return RecipientList(
        recipients=found,
        left_out=tuple(name for at, name in enumerate(table.header) if at not in used and name.strip()),
    )


def address_columns(header: Sequence[str], reserved: Collection[int] = ()) -> Columns:
    """The content of each column; those `reserved` for something else are neither name nor address."""
    kinds = {at: kind for at, heading in enumerate(header) if at not in reserved and (kind := column_kind(heading))}
    kinds = {
        at: kind for at, kind in kinds.items() if kind != "house" or kinds.get(at - 1) == "street"
    }  # a running number is not a house number
    tokens = [at for at, kind in kinds.items() if kind == "token"]
    exact = [at for at in tokens if plain_heading(header[at]) == "token"]
    names = [at for at, kind in kinds.items() if kind == "name"][:1]
    persons = [at for wanted in ("first", "last") for at, kind in kinds.items() if kind == wanted][
        : 2 if not names else 0
    ]
    address = tuple(at for at, kind in kinds.items() if kind not in {"token", "first", "last"} and at not in names)
    return Columns(token=next(iter(exact or tokens), None), names=(*names, *persons), address=address, kinds=kinds)


def column_kind(heading: str) -> str:
    """The content of a column: "token", "name", "first" or "last" name, "street", "house", "postcode", "town", another
    "line" of the address; "" for what is not printed. An attribute of LimeSurvey's is what its description says.
    """
    name = meaning_of(heading)
    if _ATTRIBUTE.fullmatch(heading.strip()):
        kind = _kind_of(name)
        return "" if kind == "token" else kind
    known = _kind_of(name)
    return known if known in {"token", "first", "last"} or not is_participant_column(name.replace(" ", "")) else ""


def meaning_of(heading: str) -> str:
    """What a heading says, plainly: of an attribute of LimeSurvey's its description."""
    attribute = _ATTRIBUTE.fullmatch(heading.strip())
    said = heading if attribute is None else next((said for said in attribute.groups()[1:] if said), "")
    return plain_heading(said)


def _kind_of(name: str) -> str:
    kinds = (
        ("token", _TOKENS),
        ("name", _NAMES),
        ("first", _FIRST_NAMES),
        ("last", _LAST_NAMES),
        ("postcode", _POSTCODES),
        ("town", _TOWNS),
        ("street", _STREETS),
        ("house", _HOUSES),
    )
    known = next((kind for kind, names in kinds if name in names), "")
    return known or ("line" if _LINES.fullmatch(name) else "")


def recipient_of(cells: Sequence[str], columns: Columns, row: int) -> Recipient:
    """The recipient in a row of a list."""
    lines: list[str] = []
    before = ""
    for at in columns.address:
        parts = [part.strip() for part in re.split(r"[\r\n]+|(?<=\S) *\| *", cells[at]) if part.strip()]
        if parts and lines and (before, columns.kinds[at]) in {("postcode", "town"), ("street", "house")}:
            lines[-1] = f"{lines[-1]} {parts.pop(0)}"
        lines += parts
        before = columns.kinds[at] if cells[at].strip() else ""
    name = " ".join(cells[at].strip() for at in columns.names if cells[at].strip())
    token = "" if columns.token is None else cells[columns.token].strip()
    return Recipient(token=token, name=name or None, address=tuple(lines), row=row)


def _check(path: Path, found: Sequence[Recipient], printed: Collection[str]) -> None:
    """Raises InputError that names every row whose token cannot be used."""
    if not found:
        raise _wrong(path, words("print.no_recipients"))
    _refuse_rows(path, unusable_tokens(found, printed))


def unusable_tokens(found: Sequence[Recipient], printed: Collection[str]) -> list[Words]:
    """What is wrong with the tokens of a list, row by row; tokens that were `printed` before are accepted."""
    seen: dict[str, int] = {}
    wrong: list[Words] = []
    usual = _usual_digits([recipient.token for recipient in found])
    for recipient in found:
        token, row = recipient.token, recipient.row
        problem = "" if token in printed else _trouble(token, usual)
        if not token:
            wrong.append(words("print.row_without_token", row=row))
        elif token.casefold() in seen:
            wrong.append(words("print.token_twice", row=row, first=seen[token.casefold()]))
        elif problem:
            wrong.append(words(f"print.token_{problem}", row=row, token=token, digits=usual))
        seen.setdefault(token.casefold(), row)
    return wrong


def _refuse_rows(path: Path, wrong: Sequence[Words]) -> None:
    """Raises InputError with the first of these rows and the number of further ones, if there are any."""
    if wrong:
        more = [words("print.more_rows", count=len(wrong) - NAMED)] if len(wrong) > NAMED else []
        raise _wrong(path, Several((*wrong[:NAMED], *more), "; "))


def _trouble(token: str, usual: int) -> str:
    """Why a token cannot be used: "spoilt" by a spreadsheet, leading zeros lost ("noughts"), "rounded" to 15 digits,
    too "weak"; "" for nothing.
    """
    if spreadsheet.converted(token):
        return "spoilt"
    if token.isdigit() and len(token) < usual:
        return "noughts"
    if token.isdigit() and len(token) > KEPT_DIGITS and not token[KEPT_DIGITS:].strip("0"):
        return "rounded"
    return "weak" if _bits(token) < LEAST_BITS or len(set(token.casefold())) < min(3, len(token)) else ""


def _usual_digits(tokens: Sequence[str]) -> int:
    """The number of digits of nearly all tokens of a list, if they are numbers; otherwise 0."""
    lengths = Counter(len(token) for token in tokens if token.isdigit())
    length, count = max(lengths.items(), key=lambda one: one[1], default=(0, 0))
    return length if count >= MOSTLY * len(tokens) else 0


def _bits(token: str) -> float:
    """Entropy of a token in bits if its characters were drawn at random; capitals count as small letters, as people mix
    them up.
    """
    alphabet = 10 * any(sign.isdigit() for sign in token) + 26 * any(not sign.isdigit() for sign in token)
    return len(token) * math.log2(alphabet) if alphabet else 0.0


def plain_heading(name: str) -> str:
    """Lower case, without accents, underscores and hyphens as spaces."""
    decomposed = unicodedata.normalize("NFKD", name.strip().lower().replace("ß", "ss"))
    return re.sub(
        r"[\s_\-]+", " ", "".join(character for character in decomposed if not unicodedata.combining(character))
    ).strip(" .:")


def _wrong(path: Path, what: Words | Several) -> InputError:
    return InputError(
        words("print.bad_recipients", file=path.name, what=what), remedy=words("print.bad_recipients_remedy")
    )
