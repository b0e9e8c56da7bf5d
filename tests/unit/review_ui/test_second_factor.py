"""Codes of the second factor and recovery codes, and how both are kept."""

import base64
import json
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from review_ui.accounts.second_factor import SecondFactors

BEFORE = json.loads((Path(__file__).parents[2] / "golden" / "secrets.before.json").read_text("utf-8"))


def keys(purpose):
    return sha256(purpose.encode()).digest()


@pytest.fixture
def factors():
    return SecondFactors(keys)


@pytest.fixture
def clock(monkeypatch):
    """Sets what time it is."""
    return lambda at: monkeypatch.setattr("review_ui.accounts.second_factor.time", lambda: at)


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_rfc(factors, clock, at, code):
    """RFC 6238, appendix B (SHA-1, the last six of its eight digits), and RFC 4226's secret."""
    secret = factors._encrypted(base64.b32encode(b"12345678901234567890").decode())
    clock(at)
    assert factors.step(code, secret) == at // 30


def test_a_code_counts_one_step_before_and_after_its_own(factors, clock):
    """As it did before, to the second; spaces are no matter, other signs are."""
    secret = factors._encrypted(base64.b32encode(b"12345678901234567890").decode())
    found = []
    for at in (
        1111111079 - 30,
        1111111080 - 30,
        1111111109,
        1111111139,
        1111111140,
    ):  # the code's own 30 s begin at ...080
        clock(at)
        found.append(factors.step(" 081 804 ", secret) is not None)
    assert found == [False, True, True, True, False]
    clock(1111111109)
    for wrong in ("081805", "81804", "0818040", "081-804", "٠٨١٨٠٤", "", "x"):
        assert factors.step(wrong, secret) is None


def test_a_secret_is_kept_encrypted_and_sealed(factors):
    """160 random bits; each time another text; a changed text, another key and rubbish give no secret and no error."""
    first, again = factors.new_secret(), factors.new_secret()
    secret = factors.text(first).replace("-", "")
    assert len(base64.b32decode(secret)) == 20
    assert secret not in first
    assert factors.text(again) != factors.text(first)
    assert factors._encrypted(secret) != first
    assert factors.renewed(first) == first
    other = SecondFactors(lambda purpose: keys(f"other {purpose}"))
    changed = first[:-3] + ("AA" if first[-3:-1] != "AA" else "BB") + first[-1]
    for broken, reader in (
        (changed, factors),
        (first, other),
        ("", factors),
        ("{}", factors),
        ("gcm.", factors),
        ("gcm.ä", factors),
    ):
        assert reader.text(broken) == ""
        assert reader.step("123456", broken) is None


def test_what_passlib_kept_under_another_key_fits_no_code(clock):
    """It was not sealed: with another accounts.key another secret comes out, whose codes nobody knows."""
    clock(1_790_000_000)
    assert SecondFactors(keys).text(BEFORE["kept"]["totp"]) != BEFORE["secret"]


def test_an_app_reads_the_secret_from_the_address(factors):
    """Names may hold what an address may not; a colon would end the name of the survey."""
    secret = factors.new_secret()
    address = urlsplit(factors.address(secret, name="Ada Lovelace", issuer="scanform Ärzte: 2026 & mehr"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/scanform Ärzte 2026 & mehr:Ada Lovelace"
    assert parse_qs(address.query) == {
        "secret": [factors.text(secret).replace("-", "")],
        "issuer": ["scanform Ärzte 2026 & mehr"],
    }


def test_recovery_codes_are_found_as_they_are_typed(factors):
    """Eight different ones; capital letters and spaces around them are no matter; what another key encrypted is none
    and hides no other.
    """
    codes = factors.new_recovery_codes()
    assert len(codes) == 8
    foreign = SecondFactors(lambda purpose: keys(f"other {purpose}")).new_recovery_codes()
    kept = [*foreign.values(), *codes.values()]
    for code, sealed in codes.items():
        assert code not in sealed
        assert factors.recovery_code(f" {code.upper()} ", kept) == sealed
    for wrong in (*foreign, "", "0000-0000-0000", "\ud800"):
        assert factors.recovery_code(wrong, kept) is None
