"""The only door to argon2-cffi: how passwords are stored. `review_ui.accounts.passwords` decides which are refused."""

from typing import Final
from unicodedata import normalize

from argon2 import Parameters, PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

PARAMETERS: Final = RFC_9106_LOW_MEMORY
"""argon2id, 64 MiB, three passes, four lanes, 128 bits of salt, 256 bits of hash: the second recommended option of
RFC 9106, section 4. One hash takes 0.17 s of CPU time (measured).
"""

EARLIER: Final = Parameters(
    type=Type.ID, version=19, salt_len=16, hash_len=32, time_cost=2, memory_cost=19 * 1024, parallelism=1
)
"""Former parameters (OWASP's smallest size). Such a hash is replaced at its owner's next login.
"""

FORMS: Final = (PARAMETERS, EARLIER)

HASHER: Final = PasswordHasher.from_parameters(PARAMETERS)


def normal(password: str) -> str:
    """The password in Unicode form NFKD, however the keyboard composes its characters."""
    return normalize("NFKD", password)


def hashed(password: str) -> str:
    """The hash of a password, with a new salt."""
    return HASHER.hash(_typed(password))


def fits(password: str, kept: str | None) -> bool:
    """Whether `kept` is the hash of the password.

    Every call computes one hash with each set of parameters, whatever `kept` is, so the time reveals neither that there
    is no such hash nor how old it is.
    """
    form, typed = _form(kept), _typed(password)
    right = [_matches(kept if kept and parameters == form else _decoy(parameters), typed) for parameters in FORMS]
    return form in FORMS and right[FORMS.index(form)]


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with other than the current parameters."""
    return HASHER.check_needs_rehash(kept)


def _typed(password: str) -> bytes:
    return normal(password).encode(
        "utf-8", "surrogatepass"
    )  # JSON can contain what UTF-8 cannot encode: that is a wrong password, not an error


def _form(kept: str | None) -> Parameters | None:
    try:
        return extract_parameters(kept) if kept else None
    except InvalidHashError:
        return None


def _matches(kept: str, typed: bytes) -> bool:
    try:
        return HASHER.verify(kept, typed)
    except VerifyMismatchError:
        return False


def _decoy(parameters: Parameters) -> str:
    """A hash that costs as much as a real one and that no known password matches: its salt and its tag are zeros."""
    cost = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
    return f"$argon2id$v={parameters.version}${cost}${'A' * 22}${'A' * 43}"
