"""Print: draw identities, write the layout with its blank pages, the PDF, and the list of printed copies."""

import os
import random
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import cv2

from scanform import pagecode
from scanform.config import Config
from scanform.errors import InputError, StoreError, UsageError, Words, listed, words
from scanform.formats.copies_json import PrintedCopy, dump_copies
from scanform.formats.layout_json import dump_layout
from scanform.imaging.page_image import BLANK_DPI
from scanform.layout.drawing import Placement
from scanform.layout.furniture import recipient_rect
from scanform.layout.pdf.draw import Copy, Sides, draw_blank, draw_forms, printable, unprintable
from scanform.layout.pdf.fonts import measure
from scanform.layout.place import place
from scanform.layout.recipient import Addressee, has_room
from scanform.model.geometry import RectMm
from scanform.model.layout import Layout
from scanform.model.page import Identity
from scanform.model.questionnaire import Questionnaire
from scanform.scan.load import rasterize
from scanform.store import issued
from scanform.store.engine import Transaction
from scanform.store.records import Issued
from scanform.whole_files import atomic_file, atomic_folder, write_text
from scanform.workflow.printing.online_offer import online_link, online_offer, shown_address
from scanform.workflow.printing.place_list import ListedPlace
from scanform.workflow.printing.place_register import register_printed
from scanform.workflow.printing.printed_texts import keep_recipients
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.folders import QUESTIONNAIRES, SNAPSHOT
from scanform.workflow.project.project import Project, refuse_changed

__all__ = [
    "MAX_COPIES",
    "PrintOrder",
    "Printed",
    "Sides",
    "keep_layout",
    "print_forms",
    "printed_tokens",
    "reissue_order",
]

MAX_COPIES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOrder:
    """What to print: for whom (a recipient each, or None for a form without token), and in which edition.

    `seed` makes the identities repeatable; `reprint` allows the same sheet to be printed again for a token. `sides` is
    the duplex setting of the page order. `listed` is what the list of recipients says about places beyond name and
    address, by token: for the register.
    """

    recipients: tuple[Recipient | None, ...]
    questionnaire: str | None = None
    variant: str = "standard"
    language: str | None = None
    seed: int | None = None
    reprint: bool = True
    sides: Sides = Sides.ONE
    listed: Mapping[str, ListedPlace] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What was printed: forms in order, pages of one form, files written.

    `printed_before` is the number of tokens that already had a form of this questionnaire; `fillers` empty pages follow
    forms. `left_out` are the headings of the recipient list's columns that are not printed. `online` is the
    address at which the forms say that people can answer, "" for none.
    """

    forms: tuple[Issued, ...]
    layout: Layout
    pdf: Path
    copies: Path
    printed_before: int = 0
    fillers: int = 0
    left_out: tuple[str, ...] = ()
    online: str = ""


def print_forms(project: Project, order: PrintOrder, out: Path) -> Printed:
    """Write the PDF `out` and `<out>.copies.json`; the layout is stored in the project.

    Raises UsageError when questionnaire or language are missing, differing forms of this version have been printed, or
    the address of the online form is none;
    InputError that names all recipients whose name, address or token cannot be printed. Then nothing was printed.
    """
    questionnaire = _questionnaire(project, order.questionnaire)
    refuse_changed(project, questionnaire)
    language = order.language or _default_language(questionnaire, project.language)
    if language not in questionnaire.languages:
        known = ", ".join(questionnaire.languages)
        raise UsageError(
            words("print.no_language", asked=language, known=known), remedy=words("print.no_language_remedy")
        )
    placement = place(questionnaire, language=language, variant=order.variant, measure=measure)
    _check_offer(project.config, placement, order)
    order = replace(order, recipients=_as_printed(order.recipients, placement, project.config))
    keep_layout(project, placement)
    copies = (
        out.with_suffix(".copies.json") if out.suffix.lower() == ".pdf" else out.with_name(out.name + ".copies.json")
    )
    draw = _instances(order.seed)
    forms, before = None, 0
    while forms is None:  # repeated only if another program has taken one of the identities meanwhile
        forms, before = _print(project, order, placement, (out, copies), draw)
    keep_recipients(project, (placement.layout.digest,))
    fillers = order.sides.fillers(len(placement.layout.pages)) * len(forms)
    return Printed(
        forms=forms,
        layout=placement.layout,
        pdf=out,
        copies=copies,
        printed_before=before,
        fillers=fillers,
        online=next((offer for offer in (_offered(project.config, form) for form in forms) if offer), ""),
    )


def _offered(config: Config, form: Issued) -> str:
    return shown_address(config) if online_link(config, form.token) else ""


def _print(
    project: Project, order: PrintOrder, placement: Placement, files: tuple[Path, Path], draw: Iterator[str]
) -> tuple[tuple[Issued, ...] | None, int]:
    """Draw the forms and record them, and their recipients in the register: their files are written under temporary
    names before they are recorded in the store, and renamed right after.

    Returns the forms (None, with nothing done, where an identity was taken meanwhile) and how many of the tokens had a
    form before.
    """
    layout = placement.layout
    forms = _drawn(project, order, layout, draw)
    with suppress(_TakenError), atomic_file(files[1]) as listed, atomic_file(files[0]) as pdf:
        draw_forms(placement, [_copy(form, layout, project.config) for form in forms], pdf, sides=order.sides)
        listed.write(_copies_json(forms, layout, order.sides.fillers(len(layout.pages))).encode("utf-8"))
        for file in (pdf, listed):
            file.flush()
            os.fsync(file.fileno())
        with project.store.writing() as tx:
            before = _printed_before(project, tx, order, layout.questionnaire)
            if not all(_take(tx, form, order.reprint) for form in forms):
                raise _TakenError
            register_printed(tx, order.recipients, order.listed, update=order.reprint)
        return forms, before
    return None, 0


class _TakenError(Exception):
    """An identity that was free when the form was drawn is now used by another form."""


def _check_offer(config: Config, placement: Placement, order: PrintOrder) -> None:
    """Raise UsageError if the address of the online form cannot be printed legibly, whoever gets the form."""
    rect = recipient_rect(placement.layout.pages[0].size)
    for token in {found.token if found else None for found in order.recipients}:
        offer = online_offer(config, token, placement.layout.language)
        alone = Addressee(name=None, address=(), token=token and printable(token), offer=offer)
        if unprintable(offer.address) or not has_room(alone, rect=rect, placement=placement, measure=measure):
            raise UsageError(
                words("print.long_address", address=offer.address), remedy=words("print.bad_address_remedy")
            )


def _as_printed(
    recipients: Sequence[Recipient | None], placement: Placement, config: Config
) -> tuple[Recipient | None, ...]:
    """The recipients with their printable texts; raises InputError that names all of them that cannot be printed."""
    wanted = [
        found
        and replace(
            found, name=found.name and printable(found.name), address=tuple(printable(line) for line in found.address)
        )
        for found in recipients
    ]
    rect = recipient_rect(placement.layout.pages[0].size)
    wrong = [line for found in wanted if found is not None for line in _unprintable(found, placement, rect, config)]
    if wrong:
        raise InputError(
            listed(words("print.unprintable"), wrong, indented=True),
            remedy=words("print.unprintable_remedy"),
            slug="unprintable",
        )
    return tuple(wanted)


def _unprintable(recipient: Recipient, placement: Placement, rect: RectMm, config: Config) -> list[Words]:
    """The unprintable parts of a recipient, in words."""
    place = (
        words("print.row", row=recipient.row, token=recipient.token)
        if recipient.row
        else words("print.token", token=recipient.token)
    )
    found = {
        name: unprintable(said)
        for name, said in (
            ("name", recipient.name or ""),
            ("address", " ".join(recipient.address)),
            ("token", recipient.token),
        )
    }
    wrong = [
        words(
            "print.unprintable_signs",
            place=place,
            field=words(f"print.field_{name}"),
            characters=" ".join(signs),
            codes=", ".join(f"U+{ord(sign):04X}" for sign in signs),
        )
        for name, signs in found.items()
        if signs
    ]
    to = Addressee(
        name=recipient.name,
        address=recipient.address,
        token=recipient.token,
        offer=online_offer(config, recipient.token, placement.layout.language),
    )
    if not wrong and not has_room(to, rect=rect, placement=placement, measure=measure):
        wrong.append(words("print.no_room", place=place))
    return wrong


def printed_tokens(project: Project) -> frozenset[str]:
    """All tokens for which a form of the project was printed."""
    with project.store.reading() as tx:
        return frozenset(form.token for form in issued.all_issued(tx) if form.token)


def reissue_order(
    project: Project, token: str, *, variant: str | None = None, language: str | None = None, seed: int | None = None
) -> PrintOrder:
    """An order for the same recipient again, with a new identity; raises UsageError for a token that was
    never printed.
    """
    with project.store.reading() as tx:
        known = issued.issued_for(tx, token)
    if not known:
        raise UsageError(words("print.unknown_token", token=token), remedy=words("print.unknown_token_remedy"))
    latest = known[-1]
    before = project.layouts.get(latest.digest)
    return PrintOrder(
        recipients=(Recipient(token=token, name=latest.name, address=latest.address),),
        questionnaire=before.questionnaire if before else None,
        variant=variant or (before.variant if before else "standard"),
        language=language or (before.language if before else None),
        seed=seed,
        reprint=False,
    )


def keep_layout(project: Project, placement: Placement) -> None:
    """Write layouts/<digest>/ once: layout.json, the images of the blank pages, the questionnaire as it was."""
    layout = placement.layout
    folder = project.layouts_folder / layout.digest
    if folder.is_dir():
        if (folder / "layout.json").read_text(encoding="utf-8") != dump_layout(layout):
            raise StoreError(
                words("print.digest_clash", digest=layout.digest), remedy=words("print.digest_clash_remedy")
            )
    else:
        with atomic_folder(folder) as temporary:
            _write_blanks(placement, temporary)
            (temporary / "layout.json").write_text(dump_layout(layout), encoding="utf-8")
            _write_questionnaire(project, layout, temporary)
    if not (folder / SNAPSHOT).exists():
        _write_questionnaire(project, layout, folder)


def _write_questionnaire(project: Project, layout: Layout, folder: Path) -> None:
    source = project.folder / QUESTIONNAIRES / f"{layout.questionnaire}.yaml"
    write_text(folder / SNAPSHOT, source.read_text(encoding="utf-8"))


def _write_blanks(placement: Placement, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        pdf = Path(scratch) / "blank.pdf"
        with pdf.open("wb") as file:
            draw_blank(placement, file)
        for page, gray in zip(placement.layout.pages, rasterize(pdf, dpi=BLANK_DPI), strict=True):
            done, png = cv2.imencode(".png", gray)
            if not done:
                raise StoreError(words("print.no_blank", page=page.number))
            (folder / page.blank).write_bytes(png.tobytes())


def _questionnaire(project: Project, code: str | None) -> Questionnaire:
    known = ", ".join(sorted(project.questionnaires))
    if code is None and len(project.questionnaires) == 1:
        return next(iter(project.questionnaires.values()))
    if code is None:
        raise UsageError(
            words("print.which_questionnaire", known=known), remedy=words("print.which_questionnaire_remedy")
        )
    if code not in project.questionnaires:
        raise UsageError(
            words("print.no_questionnaire", code=code, known=known), remedy=words("print.which_questionnaire_remedy")
        )
    return project.questionnaires[code]


def _default_language(questionnaire: Questionnaire, wanted: str) -> str:
    return wanted if wanted in questionnaire.languages else questionnaire.languages[0]


def _printed_before(project: Project, tx: Transaction, order: PrintOrder, questionnaire: str) -> int:
    """Number of tokens with a form of this questionnaire, whatever its edition."""
    wanted = {recipient.token for recipient in order.recipients if recipient is not None}
    if not wanted:
        return 0
    digests = {digest for digest, layout in project.layouts.items() if layout.questionnaire == questionnaire}
    return len({form.token for form in issued.all_issued(tx) if form.digest in digests and form.token in wanted})


def _drawn(project: Project, order: PrintOrder, layout: Layout, draw: Iterator[str]) -> tuple[Issued, ...]:
    """A form for each recipient, with an identity that no other form has."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    forms: dict[str, Issued] = {}
    with project.store.reading() as tx:
        for recipient in order.recipients:
            form = _form(recipient, layout.digest, next(draw), at)
            while form.instance in forms or not _is_free(tx, form, order.reprint):
                form = _form(recipient, layout.digest, next(draw), at)
            forms[form.instance] = form
    return tuple(forms.values())


def _is_free(tx: Transaction, form: Issued, reprint: bool) -> bool:
    """Whether `_take` would record the form."""
    known = issued.issued_form(tx, form.instance)
    return known is None or (reprint and issued.is_same(known, form))


def _form(recipient: Recipient | None, digest: str, instance: str, at: str) -> Issued:
    form_id = pagecode.form_id(digest, instance)
    if recipient is None:
        return Issued(instance=instance, digest=digest, form_id=form_id, token=None, printed_at=at)
    return Issued(
        instance=instance,
        digest=digest,
        form_id=form_id,
        token=recipient.token,
        printed_at=at,
        name=recipient.name,
        address=recipient.address,
    )


def _take(tx: Transaction, form: Issued, reprint: bool) -> bool:
    """Record the form; False when its instance is used by another one (without `reprint`: by any)."""
    return (reprint or issued.issued_form(tx, form.instance) is None) and issued.issue(tx, form)


def _instances(seed: int | None) -> Iterator[str]:
    """Random instances without end; the same sequence for the same seed."""
    # (repeatable on request)
    bits: Callable[[int], int] = secrets.randbits if seed is None else random.Random(seed).getrandbits  # noqa: S311
    while True:
        yield pagecode.base32(bits(pagecode.INSTANCE_BITS), pagecode.INSTANCE_LENGTH)


def _copy(form: Issued, layout: Layout, config: Config) -> Copy:
    pages = len(layout.pages)
    payloads = tuple(
        pagecode.encode(Identity(digest=form.digest, instance=form.instance, page=page, pages=pages))
        for page in range(1, pages + 1)
    )
    return Copy(
        form_id=form.form_id,
        payloads=payloads,
        token=form.token,
        name=form.name,
        address=form.address,
        offer=online_offer(config, form.token, layout.language),
    )


def _copies_json(forms: Sequence[Issued], layout: Layout, fillers: int) -> str:
    """The content of x.copies.json; pages count from 1, including the empty ones behind each form."""
    step = len(layout.pages) + fillers
    return dump_copies(
        PrintedCopy(form_id=form.form_id, token=form.token or None, layout=layout.digest, first_page=number * step + 1)
        for number, form in enumerate(forms)
    )
