"""What a spreadsheet does to short texts when it opens a CSV file: it converts them irreversibly to numbers, dates and
truth values.
"""

import re

_MONTHS = "jan feb mar mrz apr may mai jun jul aug sep sept oct okt nov dec dez june juni july juli march april"
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS.split(' '), key=len, reverse=True))})"
_POWER = re.compile(r"[0-9]+e[0-9]+", re.IGNORECASE)
_DATE = re.compile(rf"{_MONTH}[- ./]?[0-9]{{1,4}}|[0-9]{{1,2}}[- ./]?{_MONTH}(?:[- ./]?[0-9]{{2,4}})?", re.IGNORECASE)
_NUMERIC_DATE = re.compile(r"[0-9]{1,2}[-/][0-9]{1,2}(?:[-/][0-9]{2,4})?|[0-9]{4}[-/][0-9]{1,2}(?:[-/][0-9]{1,2})?")
_TRUTH = frozenset({"true", "false", "wahr", "falsch"})
_ZEROS = re.compile(r"0[0-9]+")
_DIGITS = re.compile(r"[0-9]{12,}")

_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E[+-][0-9]+", re.IGNORECASE)
_SHOWN_DATE = re.compile(
    r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,5}|[0-9]{1,2}\. ?[A-Za-zä]{3,4}(?: ?[0-9]{2,4})?|[A-Za-zä]{3,4}[- "
    r"][0-9]{2,4}|[0-9]{1,2}-[A-Za-zä]{3,4}"
)
_ERROR = re.compile(r"#[A-Z/0-9ÄÖÜa-zäöü]+[!?]?|#+")


def spoilt(text: str) -> str:
    """The kind of conversion that a spreadsheet would apply to `text`: "power" (1e5), "date" (mar1, 3-4), "truth"
    (true), "zeros" (01), "digits" (more than it keeps), "" for nothing.
    """
    kinds = (
        ("power", _POWER.fullmatch(text)),
        ("date", _DATE.fullmatch(text) or _NUMERIC_DATE.fullmatch(text)),
        ("truth", text.casefold() in _TRUTH),
        ("zeros", _ZEROS.fullmatch(text)),
        ("digits", _DIGITS.fullmatch(text)),
    )
    return next((kind for kind, holds in kinds if holds), "")


def shown(text: str) -> str:
    """The converted form of a `spoilt` text of few characters in a German spreadsheet."""
    match spoilt(text):
        case "power":
            mantissa, _, exponent = text.lower().partition("e")
            number = int(mantissa) * 10 ** min(int(exponent), 300)
            return str(number) if number < 10**6 else f"{number:.2E}".replace(".", ",")
        case "truth":
            return "WAHR" if text.casefold() in {"true", "wahr"} else "FALSCH"
        case "zeros":
            return str(int(text))
        case "date":
            return " ".join(re.findall(r"[0-9]+|[a-z]+", text.lower())).title()
        case "digits":
            return f"{int(text):.5E}".replace(".", ",")
    return text


def converted(text: str) -> str:
    """The kind of conversion that a spreadsheet has already applied to a text: "power" (2,19E+26), "date" (05.03.5458),
    "error" (#NAME?), "truth", "fraction" (12345.0), "" for nothing.
    """
    kinds = (
        ("power", _SCIENTIFIC.fullmatch(text)),
        ("date", _SHOWN_DATE.fullmatch(text)),
        ("error", _ERROR.fullmatch(text)),
        ("truth", text in {"TRUE", "FALSE", "WAHR", "FALSCH"}),
        ("fraction", re.fullmatch(r"[0-9]+[.,]0+", text)),
    )
    return next((kind for kind, holds in kinds if holds), "")
