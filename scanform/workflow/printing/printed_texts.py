"""What printed forms say of those they were printed for, as far as a questionnaire asks for it: name, street, postcode, town, token.

Beside each layout stands `recipients.json`, written from the store by `print` and before pages are read, so that a worker knows what was printed on the form
that it has just recognised. It holds only what the questionnaire asks for, and only its owner may read it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from scanform.model.questionnaire import Questionnaire, RecipientField
from scanform.recognize.writing.readers import Printed
from scanform.store import issued
from scanform.store.records import Issued
from scanform.whole_files import write_text
from scanform.workflow.project.folders import RECIPIENTS
from scanform.workflow.project.project import Project

_TOWN_LINE = re.compile(r"(?:[A-Z]{1,2}[- ])?([0-9]{5})\s+(\S.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTexts:
    """What stands in `recipients.json`: instance of a form -> what it says, and for each kind of text what any form of the project says."""

    forms: Mapping[str, Mapping[str, str]]
    every: Mapping[str, tuple[str, ...]]


def texts_of(form: Issued) -> dict[RecipientField, str]:
    """What a form says of its recipient; of the address only what is surely a postcode with its town, and the line with a house number above."""
    lines = [" ".join(line.split()) for line in form.address]
    found = {RecipientField.NAME: " ".join((form.name or "").split()), RecipientField.TOKEN: form.token or ""}
    at = next((at for at, line in enumerate(lines) if _TOWN_LINE.fullmatch(line)), None)
    if at is not None and (town := _TOWN_LINE.fullmatch(lines[at])):
        found |= {RecipientField.POSTCODE: town[1], RecipientField.TOWN: town[2]}
        if at and re.search(r"[0-9]", lines[at - 1]):
            found[RecipientField.STREET] = lines[at - 1]
    return {name: text for name, text in found.items() if text}


def printed_answers(questionnaire: Questionnaire, form: Issued | None) -> dict[str, str]:
    """What the form itself says to the questions that ask for it, question -> text."""
    known = texts_of(form) if form else {}
    return {question.code: known[question.recipient] for question in questionnaire.questions() if question.recipient in known}


def keep_recipients(project: Project, digests: tuple[str, ...] | None = None) -> None:
    """Write `recipients.json` beside the layouts (all of them, or those named) whose questionnaires ask for what is printed on their forms."""
    asked = {}
    for digest in digests or tuple(project.layouts):
        asked[digest] = {question.recipient for question in project.questionnaire_of(project.layouts[digest]).questions() if question.recipient is not None}
    if not any(asked.values()):
        return
    with project.store.reading() as tx:
        known = [(form, texts_of(form)) for form in issued.all_issued(tx)]
    for digest, fields in asked.items():
        forms = {form.instance: {name: texts[name] for name in sorted(fields & set(texts))} for form, texts in known if form.digest == digest}
        every = {name: sorted({texts[name] for _, texts in known if name in texts}) for name in sorted(fields)}
        content = json.dumps({"forms": {instance: texts for instance, texts in forms.items() if texts}, "every": every}, ensure_ascii=False, indent=1) + "\n"
        path = project.layouts_folder / digest / RECIPIENTS
        if fields and (path.read_text(encoding="utf-8") != content if path.exists() else known):
            write_text(path, content, private=True)


def printed_on(folder: Path, instance: str, asked: Mapping[str, RecipientField], lists: Mapping[str, tuple[str, ...]]) -> dict[str, Printed]:
    """For each question that asks for it, what the form `instance` says and among which texts it stands; `folder` holds the layout, `lists` are the
    questions' own.
    """
    path = folder / RECIPIENTS
    if not asked or not path.exists():
        return {}
    known = _known(str(path), path.stat().st_mtime_ns)
    own = known.forms.get(instance, {})
    return {code: Printed(own=own.get(name, ""), among=_among(lists.get(code, ()), known.every.get(name, ()))) for code, name in asked.items()}


@lru_cache(maxsize=16)
def _known(path: str, _written: int) -> KnownTexts:
    raw = json.loads(Path(path).read_text(encoding="utf-8"))
    return KnownTexts(forms=raw["forms"], every={name: tuple(texts) for name, texts in raw["every"].items()})


@lru_cache(maxsize=16)
def _among(values: tuple[str, ...], every: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*values, *every)))
