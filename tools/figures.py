"""Figures that documents quote: settings of the program and results of benchmarks, each by a name, so that a figure
stands in one place only.

A document says `<!--=NAME-->0.99<!--/-->`; `tools/make_docs.py` writes what stands between, and with --check finds what
is out of date. Settings come from the code, results from what the benchmark itself has written:
`docs/benchmarks/handwriting.txt` and `docs/marks-benchmark.md`.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import house

from scanform.assemble import AcceptSettings
from scanform.config import MOST_KNOWN, LoginConfig, ReadingConfig, ReviewConfig
from scanform.recognize.writing.fit_heads import FitSettings
from scanform.register.quality import DEFAULT_PICTURE

HANDWRITING = "docs/benchmarks/handwriting.txt"
MARKS = "docs/marks-benchmark.md"
QUOTED = re.compile(r"<!--=(?P<name>[\w.-]+)-->(?P<figure>.*?)<!--/-->", re.DOTALL)
STRICT = 0.999
"""What a document takes as its example of a stricter promise."""

KINDS = ("cells", "letters", "codes", "listed", "printed", "text", "sure")


class UnknownFigureError(Exception):
    """A document quotes a figure that there is not, or a result has not got what is quoted from it."""


def filled(content: str, figures: Mapping[str, str]) -> str:
    """The document with the figures of today; raises UnknownFigureError for a name that there is not."""

    def figure(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in figures:
            raise UnknownFigureError(f"there is no figure {name!r}")
        return f"<!--={name}-->{figures[name]}<!--/-->"

    return QUOTED.sub(figure, content)


def all_figures(root: Path) -> dict[str, str]:
    """Every figure by its name."""
    return (
        house.of_house(root)
        | of_settings()
        | of_marks((root / MARKS).read_text("utf-8"))
        | of_handwriting((root / HANDWRITING).read_text("utf-8"))
    )


# --- settings --------------------------------------------------------------------------------------------------------


def of_settings() -> dict[str, str]:
    """What the program is set to where nobody says otherwise."""
    accept, login, review = ReadingConfig().accept, LoginConfig(), ReviewConfig()
    usual, strict = AcceptSettings.at(accept), AcceptSettings.at(STRICT)
    return {
        "accept": f"{accept:g}",
        "accept.wrong": f"{round(1000 * (1 - accept))} in 1,000",
        **{f"accept.{kind}": f"{getattr(usual, kind):g}" for kind in KINDS},
        "strict": f"{STRICT:g}",
        **{f"strict.{kind}": f"{getattr(strict, kind):g}" for kind in KINDS},
        "heads.accept": f"{FitSettings().accept:g}",
        "known": f"{100 * review.known_answers:g}",
        "known.most": f"{MOST_KNOWN:g}",
        "login.idle": f"{login.idle_minutes}",
        "login.longest": f"{login.absolute_hours}",
        "picture.blur-mm": f"{DEFAULT_PICTURE.blur_mm:.2f}",
        "picture.blur-px": f"{DEFAULT_PICTURE.blur_px:g}",
        "picture.dark": f"{DEFAULT_PICTURE.dark:g}",
        "picture.noisy": f"{100 * DEFAULT_PICTURE.noisy:g}",
        "picture.pale": f"{100 * DEFAULT_PICTURE.pale:g}",
        "picture.px-per-mm": f"{DEFAULT_PICTURE.px_per_mm:g}",
        "picture.cut-mm": f"{DEFAULT_PICTURE.cut_mm:g}",
    }


# --- results ---------------------------------------------------------------------------------------------------------


def of_marks(page: str) -> dict[str, str]:
    """The figures of `python -m bench.marks`, from the table that it wrote."""
    rows = [
        [cell.strip(" *") for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("|") and line.count("|") == 15
    ]
    head, kinds = rows[0], {row[0]: row for row in rows[2:]}
    office = dict(zip(head, kinds.pop("office profiles together"), strict=True))
    damages = [
        dict(zip(head, row, strict=True))
        for name, row in kinds.items()
        if name not in {"good scanner", "office copier"}
    ]
    return {
        "marks.boxes": office["boxes"],
        "marks.silent": office["silent"],
        "marks.review": whole(office["to review"]),
        "marks.review-marked": whole(office["of marked"]),
        "marks.kinds": str(len(damages)),
        "marks.kinds-silent-0": str(sum(damage["silent"] == "0" for damage in damages)),
    }


CHAIN = "the whole chain: printed, written"
ROWS = "five digits of one writer"
WORDS = "words and names, as cut out"
PRINTED = "names, one of them printed"
HOUSES = "streets with the number"
LINES = "the whole chain: names written"
NAMED = "the whole chain: the same"


def of_handwriting(output: str) -> dict[str, str]:
    """The figures of `python -m bench.handwriting`, from what it printed."""
    found = {"handwriting.output": f"\n```\n{output.rstrip()}\n```\n"}

    def take(prefix: str, section: str, line: str, **wanted: str) -> None:
        row = row_of(output, section, line)
        for name, pattern in wanted.items():
            match = re.search(pattern, row)
            if match is None:
                raise UnknownFigureError(f"{HANDWRITING}: {section!r}, {line!r} says nothing like {pattern!r}")
            found[f"{prefix}.{name.replace('_', '-')}"] = match[1]

    fraction, wrong, of, right = (
        r"accepted +([\d.]+)%",
        r"accepted .*?(\d+) wrong",
        r"wrong of (\d+)",
        r"right +([\d.]+)%",
    )
    take("digits", "digits:", "sound", count=r"sound +(\d+)", right=right, accepted=fraction, wrong=wrong)
    take("capitals", "characters:", "sound", right=right)
    take("postcodes", ROWS, "list of 60, open", accepted=fraction, wrong=wrong, of=of)
    for name in ("number", "time", "post", "date"):
        take(f"chain.{name}", CHAIN, name, accepted=fraction, wrong=wrong, fields=r"right +[\d.]+% of +(\d+)")
    take("words", WORDS, "all", wrong=r"characters wrong +([\d.]+)%", exact=r"exact +([\d.]+)%")
    for size in (300, 4000):
        take(f"list{size}", WORDS, f"list of {size}, open", right=right, accepted=fraction, wrong=wrong, of=of)
        take(f"list{size}", WORDS, f"not in the list of {size}", unlisted=r"called unlisted +([\d.]+)%")
    take("printed", PRINTED, "the right one  ", accepted=fraction, wrong=wrong, of=of)
    for name, line in (("printed", "printed"), ("listed", "listed")):
        take(f"houses.{name}", HOUSES, line, accepted=fraction)
    for name in ("place  ", "street  "):
        take(f"lines.{name.strip()}", LINES, name, accepted=fraction)
    take("lines.remark", LINES, "remark", right=right, characters=r"characters +([\d.]+)%")
    for name in ("place", "street"):
        take(f"named.{name}", NAMED, f"{name}, printed  ", accepted=fraction)
    chain = [f"chain.{name}" for name in ("number", "time", "post", "date")]
    found["chain.accepted"] = str(
        sum(round(float(found[f"{one}.accepted"]) / 100 * int(found[f"{one}.fields"])) for one in chain)
    )
    found["chain.wrong"] = str(sum(int(found[f"{one}.wrong"]) for one in chain))
    return found | {name: f"{int(value):,}" for name, value in found.items() if value.isdigit()} | rounded(found)


def row_of(output: str, section: str, line: str) -> str:
    """The line that begins with `line`, in the section of that name."""
    _, begun, rest = output.partition(f"\n{section}" if not output.startswith(section) else section)
    for row in rest.split("\n\n")[0].splitlines():
        if row.strip().startswith(line):
            return row.strip()
    raise UnknownFigureError(
        f"{HANDWRITING}: no line {line!r} in {section!r}" if begun else f"{HANDWRITING}: no section {section!r}"
    )


def rounded(figures: Mapping[str, str]) -> dict[str, str]:
    """The same shares in whole per cent, as `NAME.whole`."""
    return {f"{name}.whole": whole(value) for name, value in figures.items() if re.fullmatch(r"\d+\.\d+", value)}


def whole(fraction: str) -> str:
    """A share in whole per cent."""
    return f"{float(fraction.rstrip('%')):.0f}"
