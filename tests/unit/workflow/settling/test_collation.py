"""Pages of one printed identity: what is joined is proven, what is not waits, and what people say is applied, kept
and taken back.
"""

import shutil
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text as sql

from scanform.model.geometry import RectPx
from scanform.model.page import Fate, FoundBy, Identity
from scanform.model.reading import Candidate, FieldReading, PageReading
from scanform.model.response import PAGES_UNPROVEN, Status
from scanform.model.review import Decision, DecisionKind
from scanform.page_result import PageResult
from scanform.recognize.ink import fingerprint
from scanform.store import ledger
from scanform.store.acts.seals import broken_seals
from scanform.store.records import ManualRegistrationKind, NewFile
from scanform.workflow.insight.status import project_status
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.pages.collate import NOBODY, arrange, gathering, gatherings, name_addressee, take_back
from scanform.workflow.pages.repeated_pages import act_on, doubles
from scanform.workflow.project.project import open_project
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.cases import effective_responses
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.settling.assign_fates import record_page
from scanform.workflow.settling.collation import proposals
from scanform.workflow.settling.waiting_forms import outdated
from scanform.workflow.settling.withdraw import restore, withdraw

AT = "2026-01-15T09:30:00+00:00"
PAGES = 4


def strokes(person, page, *, blank=False):
    """The fingerprint of a page as one person fills it in, and their hand only."""
    rng = np.random.default_rng([person, page])
    return fingerprint._pack(
        {} if blank else {zone: rng.integers(0, 16, (7, 7), dtype=np.uint8) for zone in range(person % 3, 12, 2)}
    )


@dataclass
class Office:
    """A project whose pages come in without pictures: the ledger, the store and people's acts are real; who filled
    which page is known to the test.
    """

    project: object
    layout: object
    instance: str
    pages: int
    truth: dict = field(default_factory=dict)
    sheets: list = field(default_factory=list)
    files: int = 0
    same_marks: bool = False

    @property
    def form(self):
        from scanform import pagecode

        return pagecode.form_id(self.layout.digest, self.instance)

    def hand_in(self, *sheets, kind="paper"):
        """One file of pages (person, number), (person, number, "blank") or None for blank paper, in a batch of its
        own; returns the batch.
        """
        self.files += 1
        name = f"{self.files:064d}"
        with self.project.store.writing() as tx:
            batch = ledger.add_batch(tx, kind=kind, label=name, at=AT)
            ledger.add_file(
                tx,
                batch,
                NewFile(
                    path=f"{self.files}.pdf",
                    location=name,
                    sha256=name,
                    size=1,
                    kind="pdf",
                    pages=len(sheets),
                    archived="",
                ),
            )
        for index, sheet in enumerate(sheets):
            with self.project.store.writing() as tx:
                page = next(found for found in ledger.pages_of_batch(tx, batch) if found.ref.index == index)
                record_page(self.project, tx, page, self._result(page.ref, sheet), at=AT)
        return batch

    def _result(self, ref, sheet):
        if sheet is None:
            return PageResult(ref=ref, outcome=Fate.BLANK)
        person, number, blank = sheet[0], sheet[1], len(sheet) > 2
        identity = Identity(
            digest=self.layout.digest, instance=self.instance, page=number, pages=self.pages, found_by=FoundBy.CODE
        )
        zones = [zone for zone in self.layout.page(number).zones if zone.kind.value == "mark"]
        marked = list(combinations(range(len(zones)), 3))[
            0 if self.same_marks else person * 3 % 35
        ]  # no two people mark the same boxes, and none marks more
        fields = tuple(
            FieldReading(
                zone=zone.id,
                value=value,
                confidence=0.9999,
                box=RectPx(x=0, y=0, w=9, h=9),
                reader="marks",
                candidates=(Candidate(value=value, probability=0.9999),),
            )
            for at, zone in enumerate(zones)
            for value in ["marked" if at in marked and not blank else "empty"]
        )
        self.truth[ref.sha256, ref.index] = person
        self.sheets.append((person, number, blank))
        reading = PageReading(ref=ref, identity=identity, fields=fields)
        return PageResult(
            ref=ref, outcome=Fate.READ, identity=identity, ink=strokes(person, number, blank=blank), reading=reading
        )

    def responses(self):
        return {response.id: response for response in self.project.store.responses()}

    def people_of(self, form):
        """Whose pages make up a form."""
        with self.project.store.reading() as tx:
            rows = ledger.sheets(tx, digest=self.layout.digest, instance=self.instance)
        copy = int(form.partition(".")[2] or 1)
        rows = [
            sheet for sheet in rows if fingerprint.inked_zones(sheet.ink)
        ]  # the empty page of one person is that of any other
        return {
            self.truth[sheet.sha256, sheet.index]
            for sheet in rows
            if sheet.active and sheet.copy == copy and sheet.fate in (Fate.READ, Fate.COPY)
        }

    def mixed(self):
        """Forms of which a value is taken although their pages are several people's."""
        if not self.shows_several():
            return []
        return [
            response.id
            for response in effective_responses(self.project)
            if len(self.people_of(response.id)) > 1
            and (
                response.complete or response.token or any(answer.status is Status.AUTO for answer in response.answers)
            )
        ]

    def shows_several(self):
        """Whether a page came in twice, filled in differently: without that nothing at all shows that there are
        several respondents.
        """
        return any(
            a[1] == b[1] and a[0] != b[0] and not (a[2] and b[2])
            for at, a in enumerate(self.sheets)
            for b in self.sheets[:at]
        )

    def right(self, state):
        """Where each page belongs, as somebody who sees them says."""
        with self.project.store.reading() as tx:
            refs = {
                leaf.page_id: ledger.page_record(tx, leaf.page_id).ref
                for one in state.respondents
                for leaf in one.leaves
            }
        return {page: self.truth[ref.sha256, ref.index] + 1 for page, ref in refs.items()}


FOUR_YAML = """\
code: four
version: "1"
languages: en
title: A survey on four pages
sections:
""" + "".join(
    f"""\
  - title: Page {number}
    questions:
      - {{question: open{number}, type: single, text: "Is it open?", options: {{yes: "Yes", no: "No", now: "Now and then"}}}}
      - {{question: uses{number}, type: multiple, text: "What is it used for?", options: {{choir: Choir, chess: Chess, dance: Dance, play: Play}}}}
      - {{question: more{number}, type: text, text: Remarks, lines: {16 if number < PAGES else 4}}}
"""
    for number in range(1, PAGES + 1)
)


@pytest.fixture(scope="session")
def four_pages(tmp_path_factory):
    """A project with a form of four pages, printed for one addressee."""
    from scanform.workflow.printing.print_forms import PrintOrder, print_forms
    from scanform.workflow.printing.recipients import Recipient
    from scanform.workflow.project.project import init_project

    base = tmp_path_factory.mktemp("four")
    (base / "four.yaml").write_text(FOUR_YAML, encoding="utf-8")
    with init_project(base / "project", questionnaire=base / "four.yaml", language="en") as project:
        print_forms(
            project,
            PrintOrder(recipients=(Recipient(token="T1", name="Place", address=("Street 1", "Town")),), seed=7),
            base / "forms.pdf",
        )
    return base / "project"


def office_in(folder, source):
    from scanform.store import issued

    shutil.copytree(source, folder)
    project = open_project(folder)
    (layout,) = project.layouts.values()
    with project.store.reading() as tx:
        (printed,) = issued.all_issued(tx)
    return Office(project=project, layout=layout, instance=printed.instance, pages=len(layout.pages))


@pytest.fixture
def office(four_pages, tmp_path):
    found = office_in(tmp_path / "project", four_pages)
    yield found
    found.project.store.close()


def set_of(person, pages=PAGES, *, back_to_front=False):
    numbers = range(1, pages + 1)
    return [(person, number) for number in (reversed(numbers) if back_to_front else numbers)]


def turned(people, pages=PAGES):
    """Fronts, then the stack turned over and all backs."""
    fronts = [(person, number) for person in people for number in range(1, pages + 1, 2)]
    return fronts + [(person, number + 1) for person, number in reversed(fronts) if number < pages]


def fronts_then_backs(people, pages=PAGES):
    fronts = [(person, number) for person in people for number in range(1, pages + 1, 2)]
    return fronts + [(person, number + 1) for person, number in fronts if number < pages]


def by_page(people, pages=PAGES):
    return [(person, number) for number in range(1, pages + 1) for person in people]


def wrongly_interleaved(people, pages=PAGES):
    """Fronts and backs laid together by a program that took the backs for turned over, which they were not."""
    fronts = [(person, number) for person in people for number in range(1, pages + 1, 2)]
    backs = [(person, number + 1) for person, number in fronts if number < pages]
    return [sheet for pair in zip(fronts, reversed(backs), strict=True) for sheet in pair]


UNPROVEN = {
    "turned": turned,
    "fronts-then-backs": fronts_then_backs,
    "by-page": by_page,
    "wrongly-interleaved": wrongly_interleaved,
}


def held(office):
    return {name for name, response in office.responses().items() if response.held}


def test_the_layout_has_four_pages(office):
    assert office.pages == PAGES


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize("pattern", UNPROVEN)
@pytest.mark.parametrize("people", [2, 3])
def test_what_the_order_does_not_prove_waits(office, pattern, people):
    """No value is taken, nobody gets the token, nothing is complete; and somebody has to say whose pages these are."""
    office.hand_in(*UNPROVEN[pattern](range(people)))
    responses = office.responses()
    assert held(office) == set(responses)
    assert all(response.token is None and not response.complete for response in responses.values())
    assert all(answer.status is Status.REVIEW for response in responses.values() for answer in response.answers)
    assert {problem.slug for response in responses.values() for problem in response.problems} >= {PAGES_UNPROVEN}
    assert Desk(office.project).queue(100) == []  # whose values these are comes first
    (state,) = gatherings(office.project)
    assert state.waits


@pytest.mark.parametrize("back_to_front", [False, True])
def test_whole_forms_one_behind_the_other_are_joined(office, back_to_front):
    """The order in the file proves it; who is the addressee it does not."""
    office.hand_in(
        *set_of(0, back_to_front=back_to_front),
        None,
        *set_of(1, back_to_front=back_to_front),
        *set_of(2, back_to_front=back_to_front),
    )
    responses = office.responses()
    assert [office.people_of(name) for name in sorted(responses)] == [{0}, {1}, {2}]
    assert all(response.complete and not response.held and response.token is None for response in responses.values())
    assert [[problem.slug for problem in responses[name].problems] for name in sorted(responses)] == [
        ["token-withheld"]
    ] + [["copy", "token-withheld"]] * 2


def test_a_photocopy_in_a_file_of_its_own_is_joined(office):
    office.hand_in(*set_of(0))
    assert office.responses()[office.form].token == "T1"
    office.hand_in(*set_of(1))
    assert not held(office)
    assert {response.token for response in office.responses().values()} == {None}


def test_a_page_is_missing_in_one_form(office):
    """Which of two forms it is missing in only people can say; in a stack of many the others are sure."""
    office.hand_in(*set_of(0)[:2], *set_of(0)[3:], *set_of(1))
    assert len(held(office)) == 2
    office.hand_in(*set_of(5), *set_of(6)[:2], *set_of(7), *set_of(8))
    sure = {frozenset(office.people_of(name)) for name, response in office.responses().items() if not response.held}
    assert sure == {frozenset({person}) for person in (5, 7, 8)}


def test_something_between_the_pages_proves_nothing(office):
    """A page that could not be read may be one of this form."""
    office.hand_in(*set_of(0))
    with office.project.store.writing() as tx:
        batch = ledger.add_batch(tx, kind="paper", label="x", at=AT)
        ledger.add_file(
            tx,
            batch,
            NewFile(path="x.pdf", location="x", sha256="x" * 64, size=1, kind="pdf", pages=PAGES + 1, archived=""),
        )
    for index, sheet in enumerate([(1, 1), (1, 2), "unread", (1, 3), (1, 4)]):
        with office.project.store.writing() as tx:
            page = next(found for found in ledger.pages_of_batch(tx, batch) if found.ref.index == index)
            result = (
                PageResult(ref=page.ref, outcome=Fate.REVIEW) if sheet == "unread" else office._result(page.ref, sheet)
            )
            record_page(office.project, tx, page, result, at=AT)
    assert held(office) == {f"{office.form}.2"}


def test_blank_pages_follow_the_order(office):
    office.hand_in(*set_of(0)[:3], (0, 4, "blank"), (1, 1, "blank"), *set_of(1)[1:3], (1, 4, "blank"))
    assert not held(office)
    assert [office.people_of(name) for name in sorted(office.responses())] == [{0}, {1}]


def test_a_person_joins_the_pages(office):
    """One act settles all of it; it is kept, survives another page, is taken back whole; an act about another state
    is refused.
    """
    office.hand_in(*turned([0, 1, 2]))
    state = gathering(office.project, office.form)
    assert arrange(office.project, office.form, state.key, office.right(state), reviewer="kim", uuid="a") == ""
    assert not held(office)
    assert sorted(office.people_of(name) for name in office.responses()) == [{0}, {1}, {2}]
    assert (
        arrange(office.project, office.form, state.key, office.right(state), reviewer="kim", uuid="a") == ""
    )  # sent again
    assert arrange(office.project, office.form, state.key, office.right(state), reviewer="sue", uuid="b") == "changed"
    after = gathering(office.project, office.form)
    assert all(leaf.by_person for one in after.respondents for leaf in one.leaves)
    assert take_back(office.project, office.form, after.key, reviewer="kim", uuid="c") == ""
    assert held(office) == set(office.responses())
    assert (
        take_back(office.project, office.form, gathering(office.project, office.form).key, reviewer="kim", uuid="d")
        == "nothing"
    )
    with office.project.store.reading() as tx:
        assert broken_seals(tx) == []


def test_two_pages_of_one_number_are_nobodys(office):
    office.hand_in(*turned([0, 1]))
    state = gathering(office.project, office.form)
    everywhere = dict.fromkeys(office.right(state), 1)
    assert arrange(office.project, office.form, state.key, everywhere, reviewer="kim") == "twice"
    assert arrange(office.project, office.form, state.key, {}, reviewer="kim") == "incomplete"


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize(
    ("pattern", "way"), [("turned", "turned"), ("fronts-then-backs", "by-page"), ("by-page", "by-page")]
)
def test_the_usual_ways_are_proposed(office, pattern, way):
    """The right one is among the proposals, to be confirmed with one click."""
    office.hand_in(*UNPROVEN[pattern]([0, 1, 2]))
    state = gathering(office.project, office.form)
    truth = office.right(state)
    offered = {"as it is": {leaf.page_id: one.copy for one in state.respondents for leaf in one.leaves}, **state.ways}
    same = [
        name
        for name, where in offered.items()
        if len({(where[page], truth[page]) for page in where}) == len(set(truth.values()))
    ]
    assert same
    assert way in same or same == ["as it is"]


def test_the_addressee_is_said_not_guessed(office):
    office.hand_in(*set_of(0), *set_of(1))
    state = gathering(office.project, office.form)
    assert state.waits
    assert name_addressee(office.project, office.form, state.key, 2, reviewer="kim") == ""
    tokens = {name: response.token for name, response in office.responses().items()}
    assert tokens == {office.form: None, f"{office.form}.2": "T1"}
    state = gathering(office.project, office.form)
    assert not state.waits
    assert take_back(office.project, office.form, state.key, reviewer="kim") == ""
    assert {response.token for response in office.responses().values()} == {None}
    state = gathering(office.project, office.form)
    assert name_addressee(office.project, office.form, state.key, NOBODY, reviewer="kim") == ""
    assert not gathering(office.project, office.form).waits


def test_decisions_follow_their_page(office):
    """What was decided about a value of a page stands where the page stands, and nowhere else."""
    office.hand_in(*set_of(0))
    item = f"{office.form}/open2"
    said = Decision(
        uuid="d", item=item, version=1, reviewer="anna", kind=DecisionKind.CORRECT, from_value="", to_value="now", at=AT
    )
    office.project.store.add_decision(said)
    office.hand_in((1, 1), (1, 3))
    office.hand_in((1, 2), (1, 4))
    state = gathering(office.project, office.form)
    where = {
        page: 2 if person == 1 else 1 for page, person in office.right(state).items()
    }  # everybody's pages change places
    assert arrange(office.project, office.form, state.key, where, reviewer="kim") == ""
    values = {response.id: response.answer("open2") for response in effective_responses(office.project)}
    moved = next(name for name in values if office.people_of(name) == {0})
    assert (moved, values[moved].value) == (f"{office.form}.2", "now")
    assert values[office.form].value != "now"
    assert take_back(office.project, office.form, gathering(office.project, office.form).key, reviewer="kim") == ""
    standing = {
        response.id: response.answer("open2").value
        for response in effective_responses(office.project)
        if not response.held
    }
    assert standing == {office.form: "now"}


def test_a_withdrawn_file_still_tells_of_a_second_respondent(office):
    """Without it no page came twice, and still nobody knows whose the rest is."""
    office.hand_in((0, 1), (0, 3))
    gone = office.hand_in((1, 1), (1, 3))
    office.hand_in((1, 2), (1, 4))
    assert len(held(office)) == 2
    withdraw(office.project, gone)
    assert held(office) == set(office.responses())
    restore(office.project, gone)
    assert len(held(office)) == 2


def test_nothing_is_decided_about_a_held_form(office):
    """A decision that comes from an older screen is not taken: the page may be another respondent's tomorrow."""
    office.hand_in(*turned([0, 1]))
    sent = Submission(
        uuid="d",
        item=f"{office.form}/open2",
        version=1,
        basis="",
        kind=DecisionKind.CORRECT,
        from_value="",
        to_value="now",
    )
    (outcome,) = Desk(office.project).decide([sent], reviewer="anna")
    assert outcome.result == "unknown"
    assert office.project.store.decisions() == []


def test_unsure_pages_wait_as_pairs(office):
    """Pages whose marks do not differ and whose ink is neither surely one hand's nor another's: nothing counts twice.

    Said to be other sheets one after the other, they make one form, proven by their order.
    """
    office.hand_in(*set_of(0))
    office.same_marks = True
    office.hand_in(*set_of(1))
    assert list(office.responses()) == [office.form]
    assert office.responses()[office.form].token == "T1"
    pairs = [pair for pair in doubles(office.project) if pair.waits]
    assert [(pair.number, pair.unsure) for pair in pairs] == [(number, True) for number in range(1, PAGES + 1)]
    assert project_status(office.project).doubles == PAGES
    for number in range(1, PAGES + 1):
        pair = next(pair for pair in doubles(office.project) if pair.waits and pair.number == number)
        assert act_on(office.project, pair.key, ManualRegistrationKind.OTHER_SHEET, reviewer="kim", uuid=f"u{number}")
    assert not held(office)
    assert [office.people_of(name) for name in sorted(office.responses())] == [{0}, {1}]


@pytest.mark.slow
def test_a_project_from_before_is_held_by_the_next_run(office):
    """Responses that were joined by guess say so as soon as anything is handed in."""
    office.hand_in(*turned([0, 1]))
    with office.project.store.writing() as tx:
        tx.execute(sql("UPDATE response SET problems = '[]', complete = 1, token = 'T1'"))
        tx.execute(sql("UPDATE answer SET status = 'auto', problems = '[]'"))
    with office.project.store.reading() as tx:
        assert len(outdated(tx)) == 1
    read_batch(office.project, [office.project.folder / "survey.toml"], serial())
    assert held(office) == set(office.responses())
    with office.project.store.reading() as tx:
        assert outdated(tx) == []


def test_proposals_are_whole():
    """Every way holds each page once."""
    stack = [Sheet(number) for number in (1, 3, 1, 3, 4, 2, 4)]
    for number, sheet in enumerate(stack):
        sheet.reading_id = number
    for groups in proposals(stack).values():
        assert sorted(reading for group in groups for reading in group) == list(range(len(stack)))
    assert all(a != b for a, b in pairwise(proposals(stack).values()))


@dataclass
class Sheet:
    page: int
    reading_id: int = 0
    file_id: int = 1


shapes = st.sampled_from(["in-order", "back-to-front", *UNPROVEN, "shuffled"])


@pytest.mark.slow
@settings(
    max_examples=40,
    deadline=None,
    phases=[
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ],  # each example takes a second: what fails is short enough to be read
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_value_of_a_mixed_form_is_taken(four_pages, tmp_path_factory, data):
    """Whatever people scan in whatever order and files, withdraw, bring back and say: a form whose values are taken is
    one person's, as long as people say what is true.
    """
    office = office_in(tmp_path_factory.mktemp("random") / "project", four_pages)
    try:
        play(office, data)
    finally:
        office.project.store.close()


def play(office, data):
    people = list(range(data.draw(st.integers(2, 3), label="people")))
    shape = data.draw(shapes, label="shape")
    if shape == "shuffled":
        stack = data.draw(st.permutations(by_page(people)), label="stack")
    elif shape in UNPROVEN:
        stack = UNPROVEN[shape](people)
    else:
        stack = [sheet for person in people for sheet in set_of(person, back_to_front=shape == "back-to-front")]
    stack = [
        (*sheet, "blank") if data.draw(st.integers(0, 9)) == 0 else sheet
        for sheet in stack
        if data.draw(st.integers(0, 11)) or len(stack) < 3
    ]
    batches = []
    while stack:
        size = data.draw(st.integers(1, len(stack)), label="pages of a file")
        batches.append(office.hand_in(*stack[:size]))
        stack = stack[size:]
        assert office.mixed() == []
        act = data.draw(
            st.sampled_from(["nothing", "withdraw", "arrange", "arrange", "addressee", "undo"]), label="act"
        )
        if act == "withdraw":
            gone = data.draw(st.sampled_from(batches))
            withdraw(office.project, gone)
            assert office.mixed() == []
            restore(office.project, gone)
        state = gathering(office.project, office.form)
        if state is not None and act == "arrange":
            assert arrange(office.project, office.form, state.key, office.right(state), reviewer="kim") in ("", "twice")
        elif state is not None and act == "addressee":
            name_addressee(office.project, office.form, state.key, state.respondents[0].copy, reviewer="kim")
        elif state is not None and act == "undo":
            take_back(office.project, office.form, state.key, reviewer="kim")
        assert office.mixed() == []
