"""How passwords are kept, and that checking one takes the same work whoever asks."""

import unicodedata

import pytest
from argon2 import PasswordHasher, extract_parameters

from review_ui.accounts import password_hashes
from review_ui.accounts.password_hashes import EARLIER, PARAMETERS, fits, hashed, is_outdated

PASSWORD = "drei rote Dampfer im Häfen"


@pytest.fixture(scope="module")
def kept():
    return hashed(PASSWORD)


def test_a_password_fits_however_its_letters_are_composed(kept):
    """What one keyboard composes and another does not is the same; every other difference counts."""
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fits(unicodedata.normalize(form, PASSWORD), kept)
    for wrong in (PASSWORD.lower(), PASSWORD + " ", "", "\ud800", "\x00"):
        assert not fits(wrong, kept)


def test_parameters_are_those_of_the_rfc_and_no_weaker_than_before(kept):
    """RFC 9106, section 4: t=3, 4 lanes, 64 MiB, 128 bits of salt, 256 bits of tag."""
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert (PARAMETERS.salt_len, PARAMETERS.hash_len) == (16, 32)
    assert not is_outdated(kept)
    assert hashed(PASSWORD) != kept
    before = PasswordHasher.from_parameters(EARLIER).hash(PASSWORD)
    assert is_outdated(before)
    for stronger in ("memory_cost", "time_cost", "parallelism", "salt_len", "hash_len"):
        assert getattr(PARAMETERS, stronger) >= getattr(EARLIER, stronger)


@pytest.fixture
def computed(monkeypatch):
    """The parameters of every hash that is computed for a check."""
    found = []

    class Counting:
        def verify(self, kept, typed):
            found.append(extract_parameters(kept))
            return PasswordHasher().verify(kept, typed)

    monkeypatch.setattr(password_hashes, "HASHER", Counting())
    return found


def test_every_check_computes_the_same_hashes(kept, computed):
    """Right or wrong, of today or of before, no such account or no hash that could be read: one of each form, in the
    same order.
    """
    before = PasswordHasher.from_parameters(EARLIER).hash(unicodedata.normalize("NFKD", PASSWORD))
    asked = [(PASSWORD, kept, True), ("wrong", kept, False), (PASSWORD, before, True), ("wrong", before, False)]
    asked += [(PASSWORD, nothing, False) for nothing in (None, "", "rubbish", PasswordHasher(1, 8, 1).hash(PASSWORD))]
    for password, of_account, right in asked:
        computed.clear()
        assert fits(password, of_account) is right
        assert computed == [PARAMETERS, EARLIER]
