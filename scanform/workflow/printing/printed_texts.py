"""Recipient texts printed on forms, as far as a questionnaire asks for them: name, street, postcode, town, token.

Beside each layout lies `recipients.json`, written from the store by `print` and before pages are read, so that a worker
knows what was printed on the form it has just recognised. It holds only what the questionnaire asks for, and only its
owner may read it.
"""

import re

from scanform.model.questionnaire import Questionnaire, RecipientField
from scanform.store import issued
from scanform.store.records import Issued
from scanform.whole_files import write_text
from scanform.workflow.printing.recipient_texts import RecipientTexts, dump_texts
from scanform.workflow.project.folders import RECIPIENTS
from scanform.workflow.project.project import Project

_TOWN_LINE = re.compile(r"(?:[A-Z]{1,2}[- ])?([0-9]{5})\s+(\S.*)")


def texts_of(form: Issued) -> dict[RecipientField, str]:
    """The texts a form shows about its recipient; of the address only what is surely a postcode with its town, and the
    line with a house number above.
    """
    lines = [" ".join(line.split()) for line in form.address]
    found = {RecipientField.NAME: " ".join((form.name or "").split()), RecipientField.TOKEN: form.token or ""}
    at = next((at for at, line in enumerate(lines) if _TOWN_LINE.fullmatch(line)), None)
    if at is not None and (town := _TOWN_LINE.fullmatch(lines[at])):
        found |= {RecipientField.POSTCODE: town[1], RecipientField.TOWN: town[2]}
        if at and re.search(r"[0-9]", lines[at - 1]):
            found[RecipientField.STREET] = lines[at - 1]
    return {name: text for name, text in found.items() if text}


def printed_answers(questionnaire: Questionnaire, form: Issued | None) -> dict[str, str]:
    """The form's own printed answers to the questions that ask for them, question -> text."""
    known = texts_of(form) if form else {}
    return {
        question.code: known[question.recipient]
        for question in questionnaire.questions()
        if question.recipient in known
    }


def keep_recipients(project: Project, digests: tuple[str, ...] | None = None) -> None:
    """Write `recipients.json` beside the layouts (all of them, or those named) whose questionnaires ask for texts
    printed on their forms.
    """
    asked = {}
    for digest in digests or tuple(project.layouts):
        asked[digest] = {
            question.recipient
            for question in project.questionnaire_of(project.layouts[digest]).questions()
            if question.recipient is not None
        }
    if not any(asked.values()):
        return
    with project.store.reading() as tx:
        known = [(form, texts_of(form)) for form in issued.all_issued(tx)]
    for digest, fields in asked.items():
        forms = {
            form.instance: {name.value: texts[name] for name in sorted(fields & set(texts))}
            for form, texts in known
            if form.digest == digest
        }
        every = {
            name.value: tuple(sorted({texts[name] for _, texts in known if name in texts})) for name in sorted(fields)
        }
        content = dump_texts(
            RecipientTexts(forms={instance: texts for instance, texts in forms.items() if texts}, every=every)
        )
        path = project.layouts_folder / digest / RECIPIENTS
        if fields and (path.read_text(encoding="utf-8") != content if path.exists() else known):
            write_text(path, content, private=True)
