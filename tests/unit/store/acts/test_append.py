"""Acts of every kind: appended once, sealed as ever, read in their order, without those that were taken back."""

from dataclasses import replace

import pytest

from scanform.model.page import Fate, FoundBy, Identity
from scanform.model.place import Disposition
from scanform.model.reading import Candidate
from scanform.model.release import Release, Step
from scanform.model.review import Decision, DecisionKind
from scanform.store import revisions, values
from scanform.store.acts import (
    collations,
    dispositions,
    incomplete_accepted,
    manual_registrations,
    releases,
    seeded_items,
    verifications,
    waived_pages,
)
from scanform.store.acts.collations import Collation, CollationKind
from scanform.store.acts.dispositions import DispositionAct
from scanform.store.acts.incomplete_accepted import IncompleteAccepted
from scanform.store.acts.seals import broken_seals, last_seal
from scanform.store.acts.seeded_items import SeededAnswer, SeededItem
from scanform.store.acts.verifications import Verification
from scanform.store.acts.waived_pages import WaivedPage
from scanform.store.records import ManualRegistration, ManualRegistrationKind, ResponseWithdrawal
from scanform.store.store import Store

AT = "2026-01-15T09:30:00+00:00"
FORM = "2BNBJ-0A1B2C3-A"
ITEM = f"{FORM}/open"
IDENTITY = Identity(digest="2BNBJ", instance="0A1B2C3", page=1, pages=2, found_by=FoundBy.PERSON)


@pytest.fixture
def store(tmp_path):
    found = Store(tmp_path / "s.sqlite")
    yield found
    found.close()


def an_act(uuid, kind=DecisionKind.CORRECT, **changes):
    facts = {
        "item": ITEM,
        "version": 1,
        "reviewer": "anna",
        "from_value": "no",
        "to_value": "Ja, Grüße \U0001f600",
        "at": AT,
    }
    return Decision(uuid=uuid, kind=kind, **(facts | changes))


def a_registration(uuid, *, identity=IDENTITY, part=0):
    kind = ManualRegistrationKind.PLACED if identity else ManualRegistrationKind.LEFT
    corners = ((0.5, 1.0), (200.25, 1.0), (200.25, 300.0), (0.5, 300.0)) if identity else ()
    return ManualRegistration(
        uuid=uuid,
        sha256="ab" * 32,
        index=3,
        kind=kind,
        identity=identity,
        corners_px=corners,
        reviewer="ben",
        at=AT,
        part=part,
    )


def a_seeded_item(item=ITEM, before="other/open"):
    facts = {"version": 2, "reviewer": "ben", "truth": "yes", "shown": "no", "confidence": 0.7, "at": AT}
    reasons, candidates = (
        ("two-marks", "faint"),
        (Candidate(value="no", probability=0.7), Candidate(value="", probability=0.1)),
    )
    return SeededItem(item=item, before=before, reasons=reasons, candidates=candidates, **facts)


def a_release(uuid, step=Step.ASK, about=None):
    return Release(
        uuid=uuid,
        step=step,
        digest="cd" * 32,
        by="anna",
        reason="Frühjahr",
        figures={"responses": 12, "share": 0.25},
        at=AT,
        about=about,
    )


def an_acceptance(uuid, undoes=None):
    return IncompleteAccepted(
        uuid=uuid, form_id=FORM, pages=(2, 4), reviewer="anna", reason="lost", at=AT, undoes=undoes
    )


def a_waiver(uuid, undoes=None):
    return WaivedPage(
        uuid=uuid, place=("ef" * 32, 1, 2), fate=Fate.DAMAGED, reviewer="anna", reason="torn", at=AT, undoes=undoes
    )


def a_collation(uuid, kind=CollationKind.ARRANGED, undoes=None):
    return Collation(
        uuid=uuid,
        kind=kind,
        subject=FORM,
        reviewer="ben",
        at=AT,
        content={"copies": [[1, 2]], "before": None},
        undoes=undoes,
    )


def a_withdrawal(uuid, *, withdrawn=True):
    return ResponseWithdrawal(
        uuid=uuid, response_id="online-1", withdrawn=withdrawn, reason="asked for it", reviewer="anna", at=AT
    )


def a_disposition(uuid, undoes=None):
    return DispositionAct(
        uuid=uuid,
        token="K7M2P9QX",
        disposition=Disposition.REFUSED,
        reviewer="anna",
        reason="Grüße",
        at=AT,
        undoes=undoes,
    )


HISTORY = (
    (values.add_decision, an_act("d1")),
    (manual_registrations.add_manual_registration, a_registration("p1")),
    (manual_registrations.add_manual_registration, a_registration("p2", identity=None, part=2)),
    (verifications.add_verification, Verification(act=an_act("v1", reviewer="ben"), third=False)),
    (
        verifications.add_verification,
        Verification(act=an_act("v2", DecisionKind.UNDO, reviewer="ben", undoes="v1"), third=False),
    ),
    (verifications.add_verification, Verification(act=an_act("v3", reviewer="cleo"), third=True)),
    (seeded_items.add_seeded_item, a_seeded_item()),
    (seeded_items.add_answer, SeededAnswer(act=an_act("k1", reviewer="ben"), screen="mosaic", after=1)),
    (releases.add_release, a_release("r1")),
    (releases.add_release, a_release("r2", Step.RELEASE, about="r1")),
    (incomplete_accepted.add_incomplete_accepted, an_acceptance("i1")),
    (incomplete_accepted.add_incomplete_accepted, an_acceptance("i2", undoes="i1")),
    (waived_pages.add_waived, a_waiver("w1")),
    (waived_pages.add_waived, a_waiver("w2")),
    (waived_pages.add_waived, a_waiver("w3", undoes="w2")),
    (collations.add_collation, a_collation("c1")),
    (collations.add_collation, a_collation("c2", CollationKind.ADDRESSEE)),
    (collations.add_collation, a_collation("c3", CollationKind.UNDONE, undoes="c1")),
    (revisions.add_withdrawal, a_withdrawal("o1")),
    (revisions.add_withdrawal, a_withdrawal("o2", withdrawn=False)),
    (values.add_decision, an_act("d2", DecisionKind.UNDO, undoes="d1")),
    (dispositions.add_disposition, a_disposition("s1")),
    (dispositions.add_disposition, a_disposition("s2", undoes="s1")),
)
"""Acts of every kind, in the order in which they are stored."""

SEALS = (
    "f52ab31223e329ed91297ffc8712d4713ade3448318a3fb235590adf0a37ce3f",
    "c457ef721f5974dbe4891a7a3752834b23b906069c219e5aa5649027d77411a1",
    "6bb6b388d365c007b37e60d1b98479c0ec81310ed2974008c84a42ef3fd65930",
    "d62fa6f4889f996bb429df0dc8681c30b9e2f219263a299842fb82afd578f666",
    "41360a299780bc1a9d8a5091527977983f7f85d7fe8d60778678fb0e24151341",
    "2691aa4e61533e6e16bff4bec1f0a8b54673be8fa4a9284d33f0053c35723275",
    "3919a383e9a4accd62cc5a4fe85153b2cd3dbedcbd6a2b1cec3a03de8262b952",
    "9fe28d1da4176880d4d8620c941b1ffb40bd577a7d0978d5081233e460c7d59f",
    "1b1656d2b2b14e04b5f731499590925dfbd7776d65d741d1184efa95d149dbe7",
    "47bc38ff16fa637195155279522ca59662ac7c856a3a09d6a8a65f6c58f8e9f6",
    "b87632aef5530a0e524588a287203ccfcf328989e9d9745049cd95d2b518ebe0",
    "73ef01bcecbedc7ee093e31702fcd94ee1fd89bea2191592c1581c2e958dc99e",
    "719b01fdc7765bb73974718ee96c92036fb31853db256eb364d1516422c7168a",
    "3014dfd8683275bf3d09d1a98b5ecb2459eaabfa1d4b0434ba98bac9846b60c6",
    "4794e81cfa1f06871ebb2a1fba32734d820c6a24e7e8b6c098d4875bcd4c8b38",
    "7adff7549c6b711e62e3d17c8a4e283bd7b063d5ba7a8dccc2d5dc6c13778cb5",
    "fb2454a696a806fcc1e2a621ae41cca96430961adf0bdb370c66f94f9c8d1a8a",
    "35a2648b6f3de52946020264c75337f434f0664a8715a7953bab0c22e6afd023",
    "6244fb1b763fb96c3fc59eaebb79e49a03dec9c3bdd5f5cfaf0bca622467a80a",
    "bfc636dd83a14267432820cc7ec4e77feedfb65001d87d39bad45c3d73f8f13d",
    "3aa6b0ab4578daca32ecd2f73e4bed45d14099c67c9988df452d24ef8c381de9",
    "f40e47a74484990d461868ea98ff85a9ed9d7c81ffdb4c86206115d24f963ba7",
    "471adfbac403d2858b7b52d77b44971b8daa29a0880a2edc9dcee4f3e929ad7d",
)
"""The end of the chain after each act of HISTORY, as databases in the field hold it: it must never change."""


def test_the_seals_of_a_fixed_history_are_those_of_databases_in_the_field(store):
    """Each kind of act, with its optional columns filled and empty, is sealed to the same byte as ever."""
    found = []
    with store.writing() as tx:
        for add, act in HISTORY:
            assert add(tx, act)
            found.append(last_seal(tx))
        assert broken_seals(tx) == []
    assert tuple(found) == SEALS


def test_what_is_sent_again_is_neither_stored_nor_sealed(store):
    """Every kind says so, and the chain stays as it is."""
    with store.writing() as tx:
        for add, act in HISTORY:
            add(tx, act)
        end = last_seal(tx)
        assert [add(tx, act) for add, act in HISTORY] == [False] * len(HISTORY)
        assert (last_seal(tx), broken_seals(tx)) == (end, [])


def test_acts_are_read_in_their_order_without_those_taken_back(store):
    """What came last of those in force counts, and an act that takes back is none itself."""
    with store.writing() as tx:
        for add, act in HISTORY:
            add(tx, act)
        assert [one.uuid for one in values.decisions(tx)] == ["d1", "d2"]
        assert [one.act.uuid for one in verifications.verifications(tx, ITEM)] == ["v1", "v2", "v3"]
        assert verifications.verifications(tx)[1].act == an_act(
            "v2", DecisionKind.UNDO, reviewer="ben", undoes="v1", from_value=""
        )
        assert seeded_items.seeded_items_of(tx, "ben") == [a_seeded_item()]
        assert seeded_items.answers(tx) == [
            SeededAnswer(act=an_act("k1", reviewer="ben", from_value=""), screen="mosaic", after=1)
        ]
        assert manual_registrations.manual_registrations(tx) == [
            a_registration("p1"),
            a_registration("p2", identity=None, part=2),
        ]
        assert releases.releases(tx) == [a_release("r1"), a_release("r2", Step.RELEASE, about="r1")]
        assert incomplete_accepted.incomplete_accepted(tx) == {}
        assert waived_pages.waived_pages(tx) == {(a_waiver("w1").place, Fate.DAMAGED): a_waiver("w1")}
        assert collations.collations(tx, FORM) == [a_collation("c2", CollationKind.ADDRESSEE)]
        assert collations.of_kind(tx, CollationKind.ARRANGED) == []
        assert revisions.withdrawals(tx) == {"online-1": a_withdrawal("o2", withdrawn=False)}
        assert values.last_decision(tx) == 2
        assert collations.last_collation(tx) == 3
        assert dispositions.dispositions(tx) == {}
        assert manual_registrations.last_manual_registration(tx) == 2


def test_an_act_that_differs_in_one_letter_has_another_seal(store):
    """The chain is over the content, not over the numbers alone."""
    add, act = HISTORY[0]
    with store.writing() as tx:
        add(tx, replace(act, to_value=f"{act.to_value}."))
        assert last_seal(tx) != SEALS[0]
