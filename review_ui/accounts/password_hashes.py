"""The only door to argon2-cffi: how passwords are kept. Which ones are refused says `review_ui.accounts.passwords`."""

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
"""What passwords were hashed with before (OWASP's smallest size). Such a hash is replaced at the next login of its
owner.
"""

FORMS: Final = (PARAMETERS, EARLIER)

HASHER: Final = PasswordHasher.from_parameters(PARAMETERS)


def normal(password: str) -> str:
    """One way to write each character (Unicode form NFKD), however a keyboard composes it."""
    return normalize("NFKD", password)


def hashed(password: str) -> str:
    """The hash of a password, with a new salt."""
    return HASHER.hash(_typed(password))


def fits(password: str, kept: str | None) -> bool:
    """Whether `kept` is the hash of the password.

    Every call computes one hash per form, whatever `kept` is: the time tells neither that there is no such hash nor how
    old it is.
    """
    form, typed = _form(kept), _typed(password)
    right = [_matches(kept if kept and parameters == form else _decoy(parameters), typed) for parameters in FORMS]
    return form in FORMS and right[FORMS.index(form)]


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with other parameters than those of today."""
    return HASHER.check_needs_rehash(kept)


def _typed(password: str) -> bytes:
    return normal(password).encode(
        "utf-8", "surrogatepass"
    )  # JSON can say what UTF-8 cannot: that is a wrong password, not an error


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
    """A hash that costs what a real one costs and that no password is known for: its salt and its tag are zeros."""
    cost = f"m={parameters.memory_cost},t={parameters.time_cost},p={parameters.parallelism}"
    return f"$argon2id$v={parameters.version}${cost}${'A' * 22}${'A' * 43}"
