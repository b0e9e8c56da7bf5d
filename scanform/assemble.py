"""From the readings of a form's pages to one response: every question and every write-in gets exactly one answer.

Boxes of a question are judged together. With `e, m, f` the probabilities that a box is empty, marked, filled, and boxes
taken as independent, a single choice has value k with probability m_k * product of (1 - m_j); it is blank with the
product of e_j; what is left over is two marks, or filled boxes without any cross. The confidence of an answer is the
probability that the whole value is right.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod

from scanform import consistency, rules
from scanform.consistency import FILTERED_BUT_ANSWERED, REQUIRED_EMPTY, TEXT_WITHOUT_MARK
from scanform.filters import Known, beside, is_asked
from scanform.model.geometry import RectPx
from scanform.model.layout import Layout, Zone, ZoneKind
from scanform.model.page import PageRef
from scanform.model.problem import Problem, without_repeats
from scanform.model.questionnaire import Alphabet, Filled, Question, QuestionKind, Questionnaire
from scanform.model.reading import Candidate, FieldReading, MarkValue, PageReading
from scanform.model.response import Answer, Channel, Evidence, Missing, Response, Status

COPY = "copy"
"""The reason of a photocopied form, shown to a person once."""

HANDWRITING = "handwriting"

UNFIT = 0.02
"""Relative weight of a text in cells that the question does not allow: people do write impossible dates and numbers out
of range, but seldom.
"""

LEAST = 0.92
"""Lower limit of acceptance for any writing, whatever a project promises: below it lies the value that a reader uses
for "never sure" (`recognize.writing.handwriting.NUMBER`).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptSettings:
    """Acceptance thresholds: minimum confidence, 0 to 1, at which a value needs no review, per kind of field. A value
    with a problem always goes to review.

    Of the values accepted by each threshold for writing (`cells` to `printed`), no more may be wrong than `accept` in
    survey.toml allows (docs/handwriting-benchmark.md). Free handwriting always carries a problem.
    """

    choice: float = 0.98
    """Choices; for the accumulated doubts of several boxes: each box below the threshold learnt for its kind carries a
    problem anyway (models/marks.md).
    """
    blank: float = 0.995
    """Writing zones without ink."""
    signature: float = 0.99
    """Signed signature zones."""
    cells: float = 0.99
    """Digits in cells."""
    letters: float = 0.999
    """Cells with letters."""
    codes: float = 0.95
    """Digits in cells whose value is in the question's list."""
    listed: float = 0.98
    """Lines whose value is in the question's list."""
    printed: float = 0.95
    """Lines whose value is printed on the form."""
    text: float = 0.995
    """All other text."""
    sure: float = 0.995
    """Minimum confidence at which a value helps to judge others."""
    filled_alone: float = 0.5
    """Probability that a filled box without any cross in the question was meant as a mark (no data: even odds)."""
    filled: float = 0.98
    """Minimum probability at which a box beside a cross counts as filled, and so as withdrawn."""

    @classmethod
    def at(cls, accept: float) -> "AcceptSettings":
        """The settings for a project in which at least this fraction of the accepted values has to be right."""
        usual = cls()

        def moved(threshold: float, least: float) -> float:
            return max(least, 1 - (1 - threshold) / (1 - usual.text) * (1 - accept))

        return cls(
            choice=moved(usual.choice, 0.5),
            blank=accept,
            signature=min(accept, usual.signature),
            cells=moved(usual.cells, LEAST),
            text=accept,
            letters=moved(usual.letters, LEAST),
            codes=moved(usual.codes, LEAST),
            listed=moved(usual.listed, LEAST),
            printed=moved(usual.printed, LEAST),
            sure=max(accept, usual.sure),
        )

    def characters(self, alphabet: Alphabet | None, *, listed: bool) -> float:
        """For cells in which such characters are allowed; `listed` when the value is in a list."""
        if alphabet in {Alphabet.LETTERS, Alphabet.ALNUM}:
            return self.text if listed else self.letters
        return self.codes if listed else self.cells

    def written(self, question: Question, value: str, *, printed: bool) -> float:
        """For an answer with ink to a question; `printed` when just this answer is printed on the form. Lists do not
        help with numbers in a name: the house next door is spelt alike.
        """
        if question.kind is QuestionKind.SIGNATURE:
            return self.signature
        if question.kind is QuestionKind.COMB:
            return self.characters(question.alphabet, listed=bool(question.values))
        if any(character.isdigit() for character in value):
            return self.text
        return self.printed if printed else self.listed if question.values else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The previous state of a form: the columns that people decided, and the reasons of each column."""

    decided: frozenset[str] = frozenset()
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOTHING_BEFORE = Before()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPages:
    """The submitted pages of one form: page number (1-based) -> reading. `copy`: a photocopied form, filled by somebody
    else. `printed` are the form's own printed texts as probable answers to some questions, question -> text. `before`
    is the previous state of the form.
    """

    form_id: str
    token: str | None
    received_at: str
    pages: Mapping[int, PageReading]
    copy: bool
    expected_pages: int
    printed: Mapping[str, str] = field(default_factory=dict)
    before: Before = NOTHING_BEFORE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A zone with its reading and its page; `reading` is None when the page is missing. `printed`: the probable answer
    printed on the form.
    """

    zone: Zone
    page: int
    ref: PageRef | None
    reading: FieldReading | None
    printed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _BoxProbabilities:
    """One box: option code and the probabilities of its three states."""

    code: str
    empty: float
    marked: float
    filled: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """A value with its probability and its problems."""

    value: str
    confidence: float
    candidates: tuple[Candidate, ...] = ()
    problem: str | None = None


def assemble(form: FormPages, questionnaire: Questionnaire, layout: Layout, settings: AcceptSettings) -> Response:
    """The response of one form, whatever pages of it have come in."""
    seen = _zones_by_question(form, layout)
    answers: list[Answer] = []
    for question in questionnaire.questions():
        answers.extend(_answers(question, seen.get(question.code, []), layout.filled, settings))
    answers = _beside_sure_values(questionnaire, answers, seen, layout.filled, settings)
    answers = _filtered(questionnaire, answers)
    missing = tuple(number for number in range(1, form.expected_pages + 1) if number not in form.pages)
    problems = [Problem(slug="page-missing", where=str(number), params=(("page", str(number)),)) for number in missing]
    response = Response(
        id=form.form_id,
        questionnaire=questionnaire.code,
        version=layout.version,
        channel=Channel.PAPER,
        answers=tuple(answers),
        token=form.token,
        received_at=form.received_at,
        complete=not missing,
        pages_missing=missing,
        problems=tuple(problems),
    )
    response = consistency.checked(response, consistency.checks_of(questionnaire))
    if not form.copy:
        return response
    answers = shown_once(response.answers, COPY, before=form.before)
    return replace(
        response, answers=tuple(answers), problems=(*response.problems, Problem(slug=COPY, where=form.form_id))
    )


def _zones_by_question(form: FormPages, layout: Layout) -> dict[str, list[_Seen]]:
    found: dict[str, list[_Seen]] = {}
    for page in layout.pages:
        read = form.pages.get(page.number)
        by_zone = {field.zone: field for field in read.fields} if read else {}
        for zone in page.zones:
            printed = form.printed.get(zone.question, "") if zone.option is None else ""
            one = _Seen(
                zone=zone,
                page=page.number,
                ref=read.ref if read else None,
                reading=by_zone.get(zone.id),
                printed=printed,
            )
            found.setdefault(zone.question, []).append(one)
    return found


def _answers(question: Question, seen: Sequence[_Seen], filled: Filled, settings: AcceptSettings) -> list[Answer]:
    """The answer to a question, then those to the texts beside its options."""
    own = [one for one in seen if one.zone.kind is ZoneKind.MARK or one.zone.option is None]
    main = (
        _choice_answer(question, own, filled, settings)
        if question.options
        else _written_answer(question, None, own, settings)
    )
    beside = []
    for option in question.options:
        if option.writein:
            zones = [one for one in seen if one.zone.option == option.code and one.zone.kind is not ZoneKind.MARK]
            text = _written_answer(question, option.code, zones, settings)
            main, text = _text_and_mark(main, text, option.code, zones)
            beside.append(text)
    return [main, *beside]


def _text_and_mark(main: Answer, text: Answer, code: str, zones: Sequence[_Seen]) -> tuple[Answer, Answer]:
    """Text beside a box that is not ticked: somebody has to say whether the option is meant."""
    inked = any(_has_ink(one.reading) for one in zones)
    if not inked or code in main.value.split() or main.missing is Missing.PAGE_MISSING:
        return main, text
    text = replace(
        text, problems=without_repeats((TEXT_WITHOUT_MARK,), text.problems), status=Status.REVIEW, missing=None
    )
    return main.doubted(TEXT_WITHOUT_MARK), text


def _has_ink(reading: FieldReading | None) -> bool:
    if reading is None:
        return False
    blank = next((c.probability for c in reading.candidates if c.value == ""), 0.0 if reading.problems else 1.0)
    return bool(reading.value) or blank < 0.5


# --- choices ----------------------------------------------------------------------------------------------------------


def _choice_answer(question: Question, seen: Sequence[_Seen], filled: Filled, settings: AcceptSettings) -> Answer:
    if not seen:
        return _absent(question, None, Missing.NOT_IN_VERSION)
    if any(one.reading is None for one in seen):
        return _absent(question, None, Missing.PAGE_MISSING, page=seen[0].page)
    boxes = [_box_probabilities(one, filled) for one in seen]
    verdict = single(boxes, settings) if question.kind is QuestionKind.SINGLE else multiple(boxes, settings)
    checked = rules.check_choice(question, verdict.value.split())
    if verdict.problem is None or question.kind is QuestionKind.MULTIPLE:
        verdict = replace(
            verdict, value=checked.value, candidates=tuple(_in_form_order(question, c) for c in verdict.candidates)
        )
    read = [slug for one in seen if one.reading is not None for slug in one.reading.problems]
    empty = [REQUIRED_EMPTY] if question.required and not verdict.value else []
    problems = without_repeats(_named(verdict.problem, checked.problem), read, empty)
    answer = _answer(question, None, seen, verdict, problems, threshold=settings.choice, doubt="unclear-mark")
    offered = {one.zone.option for one in seen}
    absent = (
        tuple(option.code for option in question.options if option.code not in offered)
        if question.kind is QuestionKind.MULTIPLE
        else ()
    )
    return replace(answer, not_offered=absent) if absent else answer


def _in_form_order(question: Question, candidate: Candidate) -> Candidate:
    """Codes in the order of the form; boxes may be arranged in columns, so the layout's order may differ."""
    return replace(candidate, value=rules.check_choice(question, candidate.value.split()).value or candidate.value)


def _box_probabilities(one: _Seen, filled: Filled) -> _BoxProbabilities:
    """Probabilities of a box; where filling is marking, a filled box is a marked one."""
    reading = one.reading
    assert reading is not None
    p = {candidate.value: candidate.probability for candidate in reading.candidates} or {
        reading.value: reading.confidence
    }
    empty, marked, full = (p.get(value, 0.0) for value in (MarkValue.EMPTY, MarkValue.MARKED, MarkValue.FILLED))
    total = max(
        empty + marked + full, 1.0
    )  # an incomplete list of candidates leaves doubt, which counts for none of the three
    if filled is Filled.MARK:
        marked, full = marked + full, 0.0
    return _BoxProbabilities(
        code=one.zone.option or "", empty=empty / total, marked=marked / total, filled=full / total
    )


def single(boxes: Sequence[_BoxProbabilities], settings: AcceptSettings) -> _Verdict:
    """The most probable value of a single choice question; see the formula at the top of the module."""
    alone = {box.code: box.marked * prod(1 - other.marked for other in boxes if other is not box) for box in boxes}
    blank = prod(box.empty for box in boxes)
    none_marked = prod(1 - box.marked for box in boxes)
    filled_alone = max(0.0, none_marked - blank)
    several = max(0.0, 1 - none_marked - sum(alone.values()))
    ranked = tuple(
        sorted(
            (Candidate(value=code, probability=p) for code, p in {**alone, "": blank}.items()),
            key=lambda c: -c.probability,
        )
    )
    best = ranked[0]
    shown = tuple(c for c in ranked if c.probability >= 0.0005)[:5] or ranked[:1]
    if several > max(best.probability, filled_alone):
        likely = sorted(boxes, key=lambda box: -box.marked)
        marked = tuple(Candidate(value=box.code, probability=alone[box.code]) for box in likely if box.marked > 0.3)
        return _Verdict(value=likely[0].code, confidence=alone[likely[0].code], candidates=marked, problem="two-marks")
    if filled_alone > best.probability:
        likely = sorted(boxes, key=lambda box: -box.filled)
        p = settings.filled_alone * filled_alone * (1.0 if likely[1:] == [] or likely[1].filled < 0.3 else 0.5)
        rest = (Candidate(value="", probability=(1 - settings.filled_alone) * filled_alone),)
        return _Verdict(
            value=likely[0].code,
            confidence=p,
            candidates=(Candidate(value=likely[0].code, probability=p), *rest),
            problem="filled-without-cross",
        )
    return _Verdict(
        value=best.value,
        confidence=best.probability,
        candidates=shown,
        problem=_maybe_filled(boxes, best.value, settings),
    )


def _maybe_filled(boxes: Sequence[_BoxProbabilities], value: str, settings: AcceptSettings) -> str | None:
    """A cross beside a withdrawn box counts only if both are sure: the one filled, the other not."""
    beside = [box for box in boxes if box.code != value and box.empty < 0.5]
    if not value or not beside:
        return None
    sure = all(box.filled >= settings.filled for box in beside) and all(
        box.filled <= 1 - settings.filled for box in boxes if box.code == value
    )
    return None if sure else "maybe-filled"


def multiple(boxes: Sequence[_BoxProbabilities], settings: AcceptSettings) -> _Verdict:
    """The most probable set of ticks; a filled box is a withdrawn tick when another box is marked, otherwise it goes to
    review.
    """
    ticked = [box for box in boxes if box.marked >= max(box.empty, box.filled)]
    filled = [box for box in boxes if box not in ticked and box.filled > box.empty]
    confidence = prod(box.marked if box in ticked else 1 - box.marked for box in boxes)
    value = " ".join(box.code for box in ticked)
    if filled and not ticked:
        value = " ".join(box.code for box in filled)
        p = settings.filled_alone * prod(max(box.empty, box.marked, box.filled) for box in boxes)
        rest = Candidate(value="", probability=p)
        return _Verdict(
            value=value,
            confidence=p,
            candidates=(Candidate(value=value, probability=p), rest),
            problem="filled-without-cross",
        )
    if not ticked:  # blank means untouched: a filled box would have to be reviewed
        confidence = prod(box.empty for box in boxes)
    doubtful = min(boxes, key=lambda box: max(box.marked, 1 - box.marked))
    others = [box.code for box in boxes if (box in ticked) != (box is doubtful)]
    flipped = confidence * _odds_ratio(doubtful, marked=doubtful in ticked)
    candidates = [Candidate(value=value, probability=confidence)]
    if flipped >= 0.0005:
        candidates.append(Candidate(value=" ".join(others), probability=flipped))
    return _Verdict(value=value, confidence=confidence, candidates=tuple(candidates))


def _odds_ratio(box: _BoxProbabilities, *, marked: bool) -> float:
    """How much more probable the other reading of a box is."""
    chance = box.marked if marked else 1 - box.marked
    return (1 - chance) / max(chance, 1e-9)


# --- writing ----------------------------------------------------------------------------------------------------------


def _written_answer(question: Question, option: str | None, seen: Sequence[_Seen], settings: AcceptSettings) -> Answer:
    """Cells, handwriting, signatures and the text beside an option."""
    if not seen:
        return _absent(question, option, Missing.NOT_IN_VERSION)
    if any(one.reading is None for one in seen):
        return _absent(question, option, Missing.PAGE_MISSING, page=seen[0].page)
    readings = [one.reading for one in seen if one.reading is not None]
    inked = [reading for reading in readings if _has_ink(reading)]
    raw = "\n".join(reading.value for reading in (inked or readings))
    kept = inked or readings
    confidence = prod(reading.confidence for reading in readings)
    read = [slug for reading in (*kept, *readings) for slug in reading.problems]
    candidates = [*(c for reading in kept for c in reading.candidates)]
    canonical = option is None and (question.kind is QuestionKind.COMB or question.form is not None)
    if canonical and len(inked) == 1:
        candidates = weighed(question, candidates, printed=seen[0].printed)
        raw, confidence = (
            (candidates[0].value, candidates[0].probability)
            if candidates and candidates[0].value.strip()
            else (raw, confidence)
        )
    checked = rules.Checked(value=" ".join(raw.split())) if option is not None else rules.check(question, raw)
    printed = option is None and checked.value != "" and checked.value == seen[0].printed
    known = printed or (option is None and bool(question.values))
    free = (
        bool(inked)
        and question.kind is not QuestionKind.COMB
        and question.kind is not QuestionKind.SIGNATURE
        and not known
    )
    empty = not checked.value and not inked and question.required and option is None
    rest = [HANDWRITING] * free + [REQUIRED_EMPTY] * empty  # free text is a proposal for a person, whoever read it
    problems = without_repeats(_named(checked.problem), read, rest)
    candidates = _canonical(question, candidates) if canonical else candidates
    same = next((candidate for candidate in candidates if candidate.value == checked.value), None)
    if checked.value and same is None:
        candidates.insert(0, Candidate(value=checked.value, probability=confidence))
    elif same is not None and checked.value and canonical:
        confidence = same.probability
    verdict = _Verdict(
        value=checked.value, confidence=confidence if checked.problem is None else 0.0, candidates=tuple(candidates)
    )
    threshold = settings.blank if not inked else settings.written(question, checked.value, printed=printed)
    return _answer(
        question,
        option,
        seen,
        verdict,
        problems,
        threshold=threshold,
        doubt="unsure-blank" if not inked else HANDWRITING,
    )


def _named(*slugs: str | None) -> list[str]:
    return [slug for slug in slugs if slug is not None]


def weighed(question: Question, candidates: Sequence[Candidate], *, printed: str = "") -> list[Candidate]:
    """The candidates for cells, phone numbers and addresses, weighted by what is known about the question.

    Texts that its kind, range or list does not allow have the relative weight `UNFIT` among the texts; the probability
    that the candidates leave open has full weight. Where the probable answer is printed on the form, other texts have
    the weight `UNFIT`, too. The probability of a blank is unchanged. Texts come first, in descending order of
    probability.
    """
    own = rules.check(question, printed).value if printed else ""

    def weight(text: str) -> float:
        found = rules.check(question, text)
        return (1.0 if found.problem in {None, "illegible-cells"} else UNFIT) * (
            1.0 if not own or found.value == own else UNFIT
        )

    return _shared(candidates, weight)


def _shared(candidates: Sequence[Candidate], weight: Callable[[str], float]) -> list[Candidate]:
    """The texts with reweighted probabilities, the most probable first, then the blank unchanged."""
    blank = [one for one in candidates if not one.value.strip()]
    texts = [one for one in candidates if one.value.strip()]
    fractions = [one.probability * weight(one.value) for one in texts]
    inked = max(0.0, 1 - sum(one.probability for one in blank))
    total = sum(fractions) + max(0.0, inked - sum(one.probability for one in texts))
    found = [
        Candidate(value=one.value, probability=inked * fraction / max(total, 1e-12))
        for one, fraction in zip(texts, fractions, strict=True)
    ]
    return [*sorted(found, key=lambda one: -one.probability), *blank]


def _canonical(question: Question, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidate values in canonical form; equivalent ones are merged."""
    found: dict[str, float] = {}
    for one in candidates:
        value = rules.check(question, one.value).value or one.value
        found[value] = found.get(value, 0.0) + one.probability
    return [Candidate(value=value, probability=min(1.0, probability)) for value, probability in found.items()]


# --- values that go together ------------------------------------------------------------------------------------------

_Fits = Callable[[str], bool]
"""Whether a canonical value is compatible with what is known of another question."""


def _beside_sure_values(
    questionnaire: Questionnaire,
    answers: Sequence[Answer],
    seen: Mapping[str, Sequence[_Seen]],
    filled: Filled,
    settings: AcceptSettings,
) -> list[Answer]:
    """The answers, with doubtful values of lists reassessed beside the sure values they have to be compatible with: a
    street beside its postcode.

    Only values sure by themselves help others, and are never reassessed. A value changed this way has to be sure, too.
    """
    sure = {
        answer.question: answer.value
        for answer in answers
        if answer.option is None
        and answer.status is Status.AUTO
        and answer.value
        and answer.confidence >= settings.sure
    }
    out = []
    for answer in answers:
        question = questionnaire.question(answer.question)
        doubtful = answer.status is Status.REVIEW or answer.confidence < settings.sure
        fits = (
            _partners(questionnaire, question, sure)
            if question is not None and doubtful and answer.option is None
            else []
        )
        zones = seen.get(answer.question, ())
        if question is not None and fits and sum(_has_ink(one.reading) for one in zones) == 1:
            beside = [_beside(one, question, fits) if _has_ink(one.reading) else one for one in zones]
            judged = _answers(question, beside, filled, settings)
            if any(one.option is None and one.value != answer.value for one in judged):
                judged = _answers(
                    question,
                    beside,
                    filled,
                    replace(
                        settings, cells=settings.sure, codes=settings.sure, listed=settings.sure, printed=settings.sure
                    ),
                )
            out.extend(judged)
        else:
            out.append(answer)
    return out


def _partners(questionnaire: Questionnaire, question: Question, sure: Mapping[str, str]) -> list[_Fits]:
    """What the sure values of other questions require of a value of `question`."""
    own = question.goes_with
    found: list[_Fits] = (
        [partial(rules.go_together, own, other=sure[own.question])] if own is not None and own.question in sure else []
    )
    for other in questionnaire.questions():
        if other.goes_with is not None and other.goes_with.question == question.code and other.code in sure:
            found.append(partial(rules.go_together, other.goes_with, sure[other.code]))
    return found


def _beside(one: _Seen, question: Question, fits: Sequence[_Fits]) -> _Seen:
    """The reading of a zone, reweighted in favour of texts compatible with the known values: others have the relative
    weight `UNFIT`, and the probability that the candidates leave open has full weight, as in `weighed`.
    """
    reading = one.reading
    if reading is None or not any(candidate.value.strip() for candidate in reading.candidates):
        return one
    found = _shared(
        reading.candidates, lambda text: prod(1.0 if fit(rules.check(question, text).value) else UNFIT for fit in fits)
    )
    return replace(
        one, reading=replace(reading, value=found[0].value, confidence=found[0].probability, candidates=tuple(found))
    )


# --- common -----------------------------------------------------------------------------------------------------------


def _absent(question: Question, option: str | None, missing: Missing, *, page: int | None = None) -> Answer:
    """No place for an answer: its page has not come in, or this edition does not ask."""
    gone = missing is Missing.PAGE_MISSING
    return Answer(
        question=question.code,
        option=option,
        kind=QuestionKind.HANDWRITING if option else question.kind,
        value="",
        confidence=0.0 if gone else 1.0,
        status=Status.AUTO,
        missing=missing,
        page=page,
        problems=("page-missing",) if gone else (),
    )


def _answer(
    question: Question,
    option: str | None,
    seen: Sequence[_Seen],
    verdict: _Verdict,
    problems: tuple[str, ...],
    *,
    threshold: float,
    doubt: str,
) -> Answer:
    """The answer with all its reasons; `doubt` is the reason where none is given but the probability is too low."""
    if not problems and verdict.confidence < threshold:
        problems = (doubt,)
    status = Status.REVIEW if problems else Status.AUTO
    return Answer(
        question=question.code,
        option=option,
        kind=QuestionKind.HANDWRITING if option else question.kind,
        value=verdict.value,
        confidence=min(1.0, max(0.0, verdict.confidence)),
        status=status,
        missing=Missing.NO_ANSWER if status is Status.AUTO and not verdict.value else None,
        reader=next((one.reading.reader for one in seen if one.reading is not None), ""),
        page=seen[0].page,
        evidence=_evidence(seen),
        candidates=verdict.candidates,
        problems=problems,
    )


def _evidence(seen: Sequence[_Seen]) -> Evidence | None:
    """The page and the pixel box around all zones of a question."""
    first = next((one for one in seen if one.ref is not None and one.reading is not None), None)
    if first is None or first.ref is None:
        return None
    boxes = [one.reading.box for one in seen if one.reading is not None and one.page == first.page]
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.x + box.w for box in boxes), max(box.y + box.h for box in boxes)
    return Evidence(ref=first.ref, box=RectPx(x=x, y=y, w=right - x, h=bottom - y))


def _filtered(questionnaire: Questionnaire, answers: Sequence[Answer]) -> list[Answer]:
    """Questions that do not apply: an empty answer was filtered, a filled one goes to review. Only settled filters
    count.
    """
    known: dict[str, Known] = {}
    out = []
    for answer in answers:
        question = questionnaire.question(answer.question)
        if question is None:
            out.append(answer)
        elif answer.option is not None:
            out.append(_text_beside(answer, known.get(answer.question)))
        else:
            asked = is_asked(question, known)
            found = _judged(answer) if asked is False else answer
            known[answer.question] = Known(
                value=found.value, missing=found.missing, settled=_settled(found), asked=asked
            )
            out.append(found)
    return out


def _settled(answer: Answer) -> bool:
    """Whether an answer can decide about others: it needs no review, and its page is there."""
    return answer.status is Status.AUTO and answer.missing in {None, Missing.NO_ANSWER, Missing.FILTERED}


def _judged(answer: Answer) -> Answer:
    """The answer to a question that does not apply."""
    if answer.status is Status.AUTO and not answer.value and answer.missing is Missing.NO_ANSWER:
        return replace(answer, missing=Missing.FILTERED)
    if answer.problems == (REQUIRED_EMPTY,):
        return replace(answer, problems=(), status=Status.AUTO, missing=Missing.FILTERED)
    if answer.value:
        return answer.doubted(FILTERED_BUT_ANSWERED)
    return replace(answer, problems=tuple(slug for slug in answer.problems if slug != REQUIRED_EMPTY))


def _text_beside(answer: Answer, question: Known | None) -> Answer:
    """An empty text beside an option gets the missing code of its question's answer; a text where the question does not
    apply goes to review.
    """
    if question is None:
        return answer
    if answer.value and question.asked is False:
        return answer.doubted(FILTERED_BUT_ANSWERED)
    if answer.status is Status.AUTO and not answer.value and answer.missing is Missing.NO_ANSWER and question.settled:
        return replace(answer, missing=beside(answer.option or "", question))
    return answer


def shown_once(
    answers: Sequence[Answer], slug: str, *, page: int | None = None, before: Before = NOTHING_BEFORE
) -> list[Answer]:
    """One answer goes to review with this reason, after its own ones: on `page`, or anywhere on the form where that
    page has no answers.

    It stays where it was shown before; otherwise it is the first answer that nobody has decided, as a decision would
    hide it.
    """
    seen = [answer for answer in answers if answer.evidence is not None]
    on = [answer for answer in seen if page is None or answer.page == page] or seen
    places = [
        *(answer.column for answer in on if slug in before.reasons.get(answer.column, ())),
        *(answer.column for answer in on if answer.column not in before.decided),
        *(answer.column for answer in on),
    ]
    return [answer.doubted(slug) if answer.column in places[:1] else answer for answer in answers]
