"""The only door to pyotp and cryptography: codes of the second factor (TOTP, RFC 6238), recovery codes, and how both
are stored encrypted.
"""

import json
import secrets
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import pbkdf2_hmac
from hmac import compare_digest
from time import time
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from pyotp import TOTP, random_base32

RECOVERY_CODES: Final = 8

WINDOW: Final = 1
"""Steps of 30 s before and after the current one in which a code is valid. RFC 6238 recommends at most one for the time
it takes to type (section 5.2) and some allowance for clock drift (section 6).
"""

_FORM: Final = "gcm."
"""Prefix of an encrypted secret; one that passlib stored is a JSON object."""

_NONCE_BYTES: Final = 12
"""96 bits, as NIST SP 800-38D, section 8.2, requires for random ones."""

_GROUP: Final = 4
"""Group length when a secret or a recovery code is displayed."""


class SecondFactors:
    """The second factors of one project, encrypted with keys that `key_for` derives from its accounts.key."""

    def __init__(self, key_for: Callable[[str], bytes]) -> None:
        self._secrets = AESGCM(key_for("second factor, AES-GCM"))
        self._codes = Fernet(urlsafe_b64encode(key_for("recovery codes")))
        self._wallet = key_for("second factor").hex().encode()

    # --- secrets -----------------------------------------------------------------------------------------------------

    def new_secret(self) -> str:
        """A secret of 160 random bits (RFC 4226, section 4) for an authenticator app, encrypted."""
        return self._encrypted(random_base32())

    def renewed(self, kept: str) -> str:
        """An encrypted secret in the current format: unchanged, unless passlib stored it."""
        secret = None if kept.startswith(_FORM) else self._secret(kept)
        return self._encrypted(secret) if secret else kept

    def text(self, kept: str) -> str:
        """The secret for typing in; "" when it cannot be decrypted."""
        return _grouped(self._secret(kept) or "")

    def address(self, kept: str, *, name: str, issuer: str) -> str:
        """The secret as an otpauth: URL for a QR code. Colons would end a name there."""
        return TOTP(self._secret(kept) or "").provisioning_uri(
            name=_without_colons(name), issuer_name=_without_colons(issuer)
        )

    def step(self, code: str, kept: str) -> int | None:
        """The time step (RFC 6238) to which this code belongs; None when it is valid in none of the current steps.
        Spaces in the code are ignored.
        """
        digits, secret = "".join(code.split()), self._secret(kept)
        if secret is None or not (digits.isascii() and digits.isdigit()):
            return None
        app = TOTP(secret)
        now = int(time()) // app.interval
        right = [
            step
            for step in range(max(now - WINDOW, 0), now + WINDOW + 1)
            if compare_digest(app.generate_otp(step), digits)
        ]
        return right[0] if right else None

    def _encrypted(self, secret: str) -> str:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORM + urlsafe_b64encode(nonce + self._secrets.encrypt(nonce, secret.encode(), None)).decode()

    def _secret(self, kept: str) -> str | None:
        """A secret in base32; None when it cannot be decrypted, as with another accounts.key."""
        try:
            if not kept.startswith(_FORM):
                return self._from_wallet(kept)
            sealed = urlsafe_b64decode(kept.removeprefix(_FORM))
            return self._secrets.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
        except (InvalidTag, ValueError, KeyError, TypeError):
            return None

    def _from_wallet(self, kept: str) -> str:
        """Decrypt what passlib's AppWallet stored: AES-256 in counter mode, key and initial counter derived from the
        project's key by PBKDF2 with HMAC-SHA256.
        """
        sealed = json.loads(kept)["enckey"]
        both = pbkdf2_hmac("sha256", self._wallet, _from_base32(sealed["s"]), 1 << sealed["c"], 48)
        cipher = Cipher(AES(both[:32]), CTR(both[32:])).decryptor()
        return b32encode(cipher.update(_from_base32(sealed["k"])) + cipher.finalize()).decode()

    # --- recovery codes ----------------------------------------------------------------------------------------------

    def new_recovery_codes(self) -> dict[str, str]:
        """New codes of 48 random bits each, in plain text and encrypted for storage."""
        codes = [_grouped(secrets.token_hex(6)) for _ in range(RECOVERY_CODES)]
        return {code: self._codes.encrypt(code.encode()).decode() for code in codes}

    def recovery_code(self, code: str, kept: Sequence[str]) -> str | None:
        """The one of the `kept` recovery codes that was typed; None when none matches. All are compared."""
        typed = code.strip().lower().encode("utf-8", "surrogatepass")
        right = [one for one in kept if compare_digest(self._recovery_code(one), typed)]
        return right[0] if right else None

    def _recovery_code(self, kept: str) -> bytes:
        try:
            return self._codes.decrypt(kept)
        except InvalidToken:
            return secrets.token_bytes(16)  # encrypted with another key: matches nothing


def _grouped(text: str) -> str:
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _without_colons(name: str) -> str:
    return " ".join(name.replace(":", " ").split())


def _from_base32(text: str) -> bytes:
    return b32decode(text + "=" * (-len(text) % 8))
