"""Handing in scans by browser: the screen, the files it sends, and the form for browsers without scripts;
`workflow.intake.upload_desk` behind it.

Only these two URLs accept more than the megabyte of the others, and they write the data to disk in chunks.
"""

from dataclasses import dataclass
from typing import BinaryIO, Final, cast
from urllib.parse import unquote
from uuid import uuid4

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from review_ui.http.access import needs, person
from review_ui.http.web import body_of, day_of, language_of, text_of, texts_of
from scanform.i18n.texts import problem_text, remedy_text, text
from scanform.model.person import Right
from scanform.workflow.insight.overview import SEEN_BY_PEOPLE, fate_text
from scanform.workflow.intake.upload_box import ENDINGS, Receipt
from scanform.workflow.intake.upload_desk import UploadDesk

_TEXTS = "upload.ui."
_LARGE: Final = frozenset({"hand_in_file", "hand_in_form"})

FORM_OVERHEAD = 1 << 20
"""Bytes that a form may take in addition to its files."""

FILES_IN_A_FORM = 50

ACCEPT: Final = ",".join((*ENDINGS, "application/pdf", "image/tiff", "image/jpeg", "image/png"))

_STATUS = {"stored": 201, "known": 200, "refused": 422}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What became of a file, in words."""

    name: str
    result: str
    message: str
    remedy: str = ""
    sha256: str = ""
    batch: int | None = None


def add_upload(app: Flask, uploads: UploadDesk, default: str) -> None:
    """Add the screen and its addresses to an application."""
    largest = uploads.box.limits.file_bytes + FORM_OVERHEAD
    app.config["LARGEST_BODY"] = largest

    @app.url_value_preprocessor
    def allow_large_files(endpoint: str | None, _: object) -> None:
        if endpoint in _LARGE:  # before anything reads the body, including the check of the token
            request.max_content_length = largest

    _add_page(app, uploads, default)
    _add_changes(app, uploads, default)


def _add_page(app: Flask, uploads: UploadDesk, default: str) -> None:
    @app.get("/upload")
    @needs(Right.HAND_IN)
    def upload_page() -> ResponseReturnValue:
        return _page(uploads, language_of(default))

    @app.get("/api/upload/session")
    @needs(Right.HAND_IN)
    def upload_session() -> ResponseReturnValue:
        language = language_of(default)
        words = {
            **texts_of(_TEXTS, language),
            **{slug: _refusal(slug, uploads, language) for slug in ("upload-too-large", "upload-not-a-scan")},
        }
        return jsonify(csrf=generate_csrf(), texts=words, largest=uploads.box.limits.file_bytes)


def _add_changes(app: Flask, uploads: UploadDesk, default: str) -> None:
    @app.post("/upload")
    @needs(Right.HAND_IN)
    def hand_in_form() -> ResponseReturnValue:
        """Files of a form, in browsers without scripts: they arrive together, and the page says what became of each."""
        language, group, by = language_of(default), str(uuid4()), person().name
        given = [file for name in ("files", "photos") for file in request.files.getlist(name) if file.filename][
            :FILES_IN_A_FORM
        ]
        receipts = [
            uploads.receive(cast("BinaryIO", file.stream), name=file.filename or "", by=by, group=group)
            for file in given
        ]
        uploads.close_group(by, group)
        answers = [_answer(receipt, language) for receipt in receipts] or [
            _Answer(name="", result="refused", message=text("upload.nothing", language))
        ]
        return _page(uploads, language, answers), 422 if any(answer.result == "refused" for answer in answers) else 200

    @app.post("/api/uploads")
    @needs(Right.HAND_IN)
    def hand_in_file() -> ResponseReturnValue:
        """One file as the request body. Its name comes in a header: file names may contain names of people, which stay
        out of URLs.
        """
        name, group = unquote(request.headers.get("X-File-Name", "")), request.headers.get("X-Group", "")
        stream = cast("BinaryIO", request.stream)
        receipt = uploads.receive(stream, name=name, by=person().name, group=group, declared=request.content_length)
        answer = _answer(receipt, language_of(default))
        known = {"name": answer.name, "result": answer.result, "message": answer.message, "remedy": answer.remedy}
        return jsonify(**known, sha256=answer.sha256, batch=answer.batch), _STATUS[answer.result]

    @app.post("/api/uploads/close")
    @needs(Right.HAND_IN)
    def close_group() -> ResponseReturnValue:
        uploads.close_group(person().name, text_of(body_of(), "group"))
        return jsonify(closed=True)


def _page(uploads: UploadDesk, language: str, answers: list[_Answer] | None = None) -> str:
    return render_template(
        "upload.html",
        language=language,
        other="en" if language == "de" else "de",
        jobs=uploads.jobs(language=language),
        answers=answers or [],
        accept=ACCEPT,
        limit=f"{uploads.box.limits.file_bytes / 1_000_000:.0f}",
        token=generate_csrf(),
        urgent=SEEN_BY_PEOPLE,
        fate_text=lambda name: fate_text(name, language),
        t=lambda key, **values: text(_TEXTS + key, language, **values),
    )


def _answer(receipt: Receipt, language: str) -> _Answer:
    sha, batch = receipt.sha256, receipt.batch
    if receipt.problem is not None:
        remedy = remedy_text(receipt.problem.slug, language)
        return _Answer(
            name=receipt.name, result=receipt.result, message=problem_text(receipt.problem, language), remedy=remedy
        )
    if receipt.result == "stored":
        return _Answer(
            name=receipt.name,
            result=receipt.result,
            message=text("upload.ui.stored", language, sha=sha[:8]),
            sha256=sha,
        )
    if batch is None:
        return _Answer(
            name=receipt.name, result=receipt.result, message=text("upload.known-waiting", language), sha256=sha
        )
    message = text("upload.known", language, batch=batch.id, label=batch.label, at=day_of(batch.created_at, language))
    return _Answer(name=receipt.name, result=receipt.result, message=message, sha256=sha, batch=batch.id)


def _refusal(slug: str, uploads: UploadDesk, language: str) -> str:
    """Messages that the screen shows about files that need not be sent."""
    words = text(f"problem.{slug}", language, limit=f"{uploads.box.limits.file_bytes / 1_000_000:.0f}")
    return f"{words} {remedy_text(slug, language)}"
