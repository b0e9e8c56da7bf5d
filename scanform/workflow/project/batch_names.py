"""What a batch is called: the file or folder that was submitted, or, in the reader's language, the web form of a day."""

import re

from scanform.errors import Words, words
from scanform.i18n.texts import day_text, text
from scanform.store.records import Batch

_WEB_FORM = re.compile(r"web form (?P<code>\S+) (?P<day>\d{4}-\d{2}-\d{2})")

KIND = "digital"


def web_form_label(questionnaire: str, day: str) -> str:
    """The label under which the web form's batch of a day (ISO 8601) is stored."""
    return f"web form {questionnaire} {day}"


def batch_name(batch: Batch, language: str) -> str:
    """The label of a batch as people read it."""
    found = _of_web_form(batch)
    if found is None:
        return batch.label
    return text("web_form.batch", language, code=found["code"], day=day_text(found["day"], language))


def batch_words(batch: Batch) -> Words | str:
    """The same for an error, which is rendered later."""
    found = _of_web_form(batch)
    return batch.label if found is None else words("web_form.batch", code=found["code"], day=found["day"])


def _of_web_form(batch: Batch) -> re.Match[str] | None:
    return _WEB_FORM.fullmatch(batch.label) if batch.kind == KIND else None
