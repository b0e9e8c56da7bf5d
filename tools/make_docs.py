"""Writes the generated pages of docs/ (command line, exit codes, problems, fates, file contracts) and the figures that
pages quote (tools/figures.py).

python tools/make_docs.py
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import figures
import schemas

from scanform import errors
from scanform.cli import program
from scanform.errors import ExitCode, ScanformError
from scanform.i18n.texts import keys, template
from scanform.model.page import Fate
from scanform.model.response import Missing, Status

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NOTE = "<!-- Written by tools/make_docs.py; change the source, not this page. -->\n\n"


def main() -> int:
    """Write or compare all generated pages; 1 when a page is out of date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare; exit code 1 when a page is out of date")
    args = parser.parse_args()
    pages = generated() | quoting(figures.all_figures(ROOT))
    stale = [path for path, content in pages.items() if not same(path, content)]
    for path in stale:
        name = path.relative_to(ROOT)
        if args.check:
            print(f"{name} is out of date: run python tools/make_docs.py", file=sys.stderr)
        else:
            path.write_text(pages[path], encoding="utf-8")
            print(name)
    return 1 if args.check and stale else 0


def generated() -> dict[Path, str]:
    """The pages that are written as a whole."""
    pages = {"cli.md": command_line(), "exit-codes.md": exit_codes(), "problems.md": problems(), "files.md": files()}
    contracts = {f"schemas/{name}": content for name, content in schemas.schemas().items()}
    return {DOCS / name: content for name, content in (pages | contracts).items()}


def quoting(known: Mapping[str, str]) -> dict[Path, str]:
    """The pages that quote figures, with those of today."""
    pages = {path: path.read_text(encoding="utf-8") for path in [*ROOT.glob("*.md"), *DOCS.glob("*.md")]}
    return {
        path: figures.filled(content, known)
        for path, content in sorted(pages.items())
        if figures.QUOTED.search(content)
    }


def same(path: Path, content: str) -> bool:
    """Whether the file has this content already."""
    return path.exists() and path.read_text(encoding="utf-8") == content


def command_line() -> str:
    """The help of every command."""
    group = program.main
    parts = [f"{NOTE}# Command line\n\n```text\n{_help(group, 'scanform')}\n```\n"]
    for name in sorted(group.commands):
        command = group.commands[name]
        parts.append(f"\n## scanform {name}\n\n```text\n{_help(command, f'scanform {name}')}\n```\n")
        for inner in sorted(command.commands) if isinstance(command, click.Group) else ():
            said = _help(command.commands[inner], f"scanform {name} {inner}")
            parts.append(f"\n### scanform {name} {inner}\n\n```text\n{said}\n```\n")
    return "".join(parts)


def _help(command: click.Command, name: str) -> str:
    context = click.Context(command, info_name=name, terminal_width=110, max_content_width=110)
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def exit_codes() -> str:
    """Exit codes and the exceptions behind them."""
    rows = [f"| {code.value} | {code.name.lower().replace('_', ' ')} | {_exception(code)} |" for code in ExitCode]
    intro = "10 and 11 are successes that ask for a person: scripts and services should treat them as such.\n\n"
    return f"{NOTE}# Exit codes\n\n{intro}| code | meaning | exception |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _exception(code: ExitCode) -> str:
    found = [
        item.__name__
        for item in vars(errors).values()
        if isinstance(item, type) and issubclass(item, ScanformError) and item.exit_code == code
    ]
    return ", ".join(f"`{name}`" for name in found if name != "ScanformError")


def problems() -> str:
    """All problem slugs with their texts in both languages."""
    slugs = sorted(key.removeprefix("problem.") for key in keys("en") if key.startswith("problem."))
    rows = [f"| `{slug}` | {_cell('problem', slug)} | {_cell('remedy', slug)} |" for slug in slugs]
    intro = "What may be wrong with a file, a page or a value, and what to do."
    return f"{NOTE}# Problems\n\n{intro}\n\n| slug | what | remedy |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _cell(table: str, slug: str) -> str:
    words = (
        re.sub(r"\{(\w+):[^{}]*\|([^{}|]*)\}", r"{\1} \2", template(f"{table}.{slug}", language))
        for language in ("en", "de")
    )  # the form for many
    return "<br>".join(one.replace("|", "\\|").replace("\n", " ") for one in words)


def files() -> str:
    """The file contracts: a table of the properties of each JSON Schema."""
    made = "made from the types that read and write the files (`tools/schemas.py`) and checked against `tests/golden/`"
    parts = [f"{NOTE}# File contracts\n\nVersioned; the JSON Schemas in `docs/schemas/` are {made}.\n"]
    for name, content in sorted(schemas.schemas().items()):
        schema = json.loads(content)
        parts.append(f"\n## {schema['title']}\n\n`{name}`\n\n{schema.get('description', '')}\n\n{_properties(schema)}")
    parts.append("\n## Fates of a page\n\n" + "".join(f"- `{fate.value}`\n" for fate in Fate))
    parts.append("\n## Status of a value\n\n" + "".join(f"- `{status.value}`\n" for status in Status))
    codes = "".join(f"| {code.value} | {code.name.lower().replace('_', ' ')} |\n" for code in Missing)
    parts.append(f"\n## Missing codes\n\n| code | meaning |\n|---|---|\n{codes}")
    return "".join(parts)


def _properties(schema: dict[str, object]) -> str:
    target = schema.get("items", schema)
    assert isinstance(target, dict)
    rows = [
        f"| `{name}` | {'yes' if name in target.get('required', []) else ''} | {_rule(rule)} |"
        for name, rule in target.get("properties", {}).items()
    ]
    rows += [f"| `{name}` (pattern) | | {_rule(rule)} |" for name, rule in target.get("patternProperties", {}).items()]
    return "| field | required | rule |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _rule(rule: dict[str, object]) -> str:
    return "`" + json.dumps(rule, ensure_ascii=False).replace("|", "\\|") + "`"


if __name__ == "__main__":
    sys.exit(main())
