"""Questions at the terminal."""

from collections.abc import Sequence

import click

from scanform.i18n.texts import text


def ask(prompt: str) -> str:
    """What a person types; may be empty."""
    return str(click.prompt(prompt, default="", show_default=False, prompt_suffix=" "))


def chosen(question: str, names: Sequence[str], language: str) -> str:
    """One of the names, typed by a person; asked again for anything else. Click's own prompt complains in
    English only.
    """
    while True:
        said = click.prompt(f"{question} ({', '.join(names)})").strip()
        if said in names:
            return str(said)
        click.echo(text("cli.want_choice", language, known=", ".join(names)))


_YES, _NO = frozenset({"y", "yes", "j", "ja"}), frozenset({"n", "no", "nein"})
"""In either language, whatever the language of the question."""


def confirmed(question: str, language: str, *, default: bool) -> bool:
    """Whether a person says yes, or `default` for an empty answer; asked again for anything else."""
    choice = text("cli.yes_or_no" if default else "cli.no_or_yes", language)
    while True:
        said = click.prompt(f"{question} [{choice}]", default="", show_default=False).strip().casefold()
        if said in _YES | _NO or not said:
            return said in _YES if said else default
        click.echo(text("cli.want_choice", language, known=choice.replace("/", ", ").lower()))
