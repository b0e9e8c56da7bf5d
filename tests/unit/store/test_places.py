"""The recipient register in the store: old databases keep their recipients, changes keep what was, acts are sealed."""

from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import text

from scanform.errors import StoreError
from scanform.model.place import Disposition, Place
from scanform.store import issued, places
from scanform.store.acts.dispositions import DispositionAct, add_disposition, dispositions
from scanform.store.acts.seals import broken_seals
from scanform.store.store import Store
from tests.unit.store.test_store import as_sql, older_database

AT = "2026-01-15T09:30:00+00:00"
LATER = "2026-02-01T08:00:00+00:00"
HOUSE = Place(
    place_id="D-17", token="K7M2P9QX", name="Treff Nord", address=("Weg 1", "44137 Dortmund"), carrier="Verein e.V.",
    district="Nord", further=(("Telefon", "0231 1"),),
)  # fmt: skip


@pytest.fixture
def store(where):
    with closing(Store(where)) as found:
        yield found


def test_recipients_of_an_older_database_become_places(where):
    """Each printed token once, in the order of its first form, with what its latest form says; forms stay."""
    forms = (
        (1, "0A1B2C3", "T1", AT),
        (2, "0A1B2C4", None, AT),
        (3, "0A1B2C5", "t1", AT),
        (4, "0A1B2C6", "T1", LATER),
        (5, "0A1B2C7", "T3", LATER),
    )
    texts = ((1, "Haus", ["Weg 1"]), (4, "Haus am Weg", ["Weg 2", "44137 Dortmund"]), (5, None, ["Weg 3"]))
    with older_database(where, "0019") as tx:
        for number, instance, token, at in forms:
            tx.execute(
                text(
                    "INSERT INTO issued (id, instance, digest, form_id, token, printed_at)"
                    " VALUES (:number, :instance, '2BNBJ', :instance, :token, :at)"
                ),
                {"number": number, "instance": instance, "token": token, "at": at},
            )
        for number, name, address in texts:
            tx.execute(
                text("INSERT INTO recipient (issued_id, name, address) VALUES (:issued_id, :name, :address)"),
                as_sql({"issued_id": number, "name": name, "address": address}),
            )
    with closing(Store(where)) as store, store.writing() as tx:
        found = [(place.place_id, place.token, place.name, place.address) for place in places.places(tx)]
        assert found == [
            ("P00001", "T1", "Haus am Weg", ("Weg 2", "44137 Dortmund")),
            ("P00002", "t1", None, ()),
            ("P00003", "T3", None, ("Weg 3",)),
        ]
        assert [(one.kind, one.source, one.at) for one in places.history(tx, "P00003")] == [("added", "printed", LATER)]
        assert [(form.token, form.name) for form in issued.all_issued(tx)] == [
            ("T1", "Haus"), (None, None), ("t1", None), ("T1", "Haus am Weg"), ("T3", None),
        ]  # fmt: skip
        places.add_places(tx, [HOUSE], source="l.csv", reviewer="kim", at=AT)
        assert places.places(tx)[-1] == HOUSE


def test_what_a_place_was_is_kept(store):
    """A changed field is stored with what it was; the same again is no change."""
    moved = replace(HOUSE, address=("Weg 9",), district="Süd")
    with store.writing() as tx:
        places.add_places(tx, [HOUSE], source="l.csv", reviewer="kim", at=AT)
        for _ in range(2):
            known = places.places(tx)[0]
            places.change_place(tx, known, moved, source="m.csv", reviewer="lee", at=LATER)
        assert places.places(tx) == [moved]
        first, second = places.history(tx, HOUSE.place_id)
    assert (first.kind, first.source, first.reviewer) == ("added", "l.csv", "kim")
    assert second.changes == (("address", ["Weg 1", "44137 Dortmund"], ["Weg 9"]), ("district", "Nord", "Süd"))


def test_dispositions_are_append_only_and_sealed(store):
    """The latest in force counts; one that was taken back gives way to the one before; nothing can be changed."""
    refused = DispositionAct(
        uuid="a", token="T1", disposition=Disposition.REFUSED, reviewer="kim", reason="phone", at=AT
    )
    left = replace(refused, uuid="b", disposition=Disposition.UNDELIVERABLE)
    with store.writing() as tx:
        assert [add_disposition(tx, act) for act in (refused, left, left)] == [True, True, False]
        assert dispositions(tx) == {"T1": left}
        assert add_disposition(tx, replace(left, uuid="c", undoes="b"))
        assert dispositions(tx) == {"T1": refused}
        assert broken_seals(tx) == []
    for statement in ("DELETE FROM disposition", "UPDATE disposition SET reason = ''"):
        with pytest.raises(StoreError, match="only ever added"), store.writing() as tx:
            tx.execute(text(statement))
