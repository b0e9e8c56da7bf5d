"""The printed identity: golden codes, round trips, and no damaged code that passes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform import pagecode
from scanform.model.page import Identity
from scanform.pagecode import BASE32

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "pagecodes.json").read_text("utf-8"))
identities = st.builds(
    lambda digest, instance, pages: Identity(digest=digest, instance=instance, page=pages[0], pages=pages[1]),
    st.text(BASE32, min_size=5, max_size=5),
    st.text(BASE32, min_size=7, max_size=7),
    st.tuples(st.integers(1, 31), st.integers(1, 31)).map(sorted),
)


@pytest.mark.parametrize("code", GOLDEN, ids=lambda code: code["payload"])
def test_golden_codes(code):
    """Codes that were printed once stay readable for ever."""
    identity = Identity(digest=code["digest"], instance=code["instance"], page=code["page"], pages=code["pages"])
    assert pagecode.encode(identity) == code["payload"]
    assert pagecode.decode(code["payload"]) == identity
    assert pagecode.form_id(code["digest"], code["instance"]) == code["form_id"]
    assert pagecode.parse_form_id(code["form_id"]) == (code["digest"], code["instance"])


@given(identities)
def test_round_trip(identity):
    """What is encoded is decoded, in 21 characters that QR takes as alphanumeric."""
    payload = pagecode.encode(identity)
    assert len(payload) == pagecode.PAYLOAD_LENGTH
    assert pagecode.decode(payload) == identity


@given(identities, st.integers(3, 20), st.sampled_from(BASE32))
def test_one_wrong_character_never_passes(identity, place, character):
    """A code with one changed character is refused, not read as another form."""
    payload = pagecode.encode(identity)
    damaged = payload[:place] + character + payload[place + 1 :]
    assert damaged == payload or pagecode.decode(damaged) is None


@given(identities, st.data())
def test_check_character_finds_a_wrong_character(identity, data):
    """ISO 7064 mod 37,36 finds every single substitution in a typed id (swaps of neighbours nearly always, not every
    one).
    """
    form = pagecode.form_id(identity.digest, identity.instance)
    place = data.draw(st.sampled_from([i for i, character in enumerate(form) if character != "-"]))
    changed = form[:place] + data.draw(st.sampled_from(BASE32)) + form[place + 1 :]
    assert changed == form or pagecode.parse_form_id(changed) is None


@pytest.mark.parametrize(
    "wrong", ["", "SF1", "sf12bnbj0a1b2c311", "HTTPS://EXAMPLE.ORG/ABC", "SF2" + GOLDEN[0]["payload"][3:]]
)
def test_foreign_codes_are_nobody(wrong):
    """Other people's codes are not ours."""
    assert pagecode.decode(wrong) is None


@pytest.mark.parametrize(("page", "pages"), [(0, 1), (2, 1), (1, 32)])
def test_impossible_pages_are_refused(page, pages):
    """There is no page 0, no page 2 of 1, and at most 31 pages."""
    with pytest.raises(ValueError, match="page"):
        pagecode.encode(Identity(digest="00000", instance="0000000", page=page, pages=pages))
