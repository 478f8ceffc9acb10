"""The second factor: codes of half a minute (RFC 6238), and ten codes on paper. Pure but for chance."""

import hashlib
import secrets
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECRET_BYTES = 20
STEP, DIGITS = 30, 6
#: Codes of the half minute before and after are taken too: clocks differ.
SLACK = 1
RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def new_secret() -> bytes:
    """Return a secret for an app that makes codes."""
    return secrets.token_bytes(SECRET_BYTES)


def code(secret: bytes, step: int) -> str:
    """Return the code of a half minute, counted from 1970."""
    # What apps on phones make: SHA-1, six digits, half a minute.
    return TOTP(secret, DIGITS, SHA1(), STEP).generate(step * STEP).decode()  # noqa: S303


def matching_step(secret: bytes, said: str, moment: float, after: int | None) -> int | None:
    """Return the half minute whose code was said; null: none, or one that was used already.

    Args:
        secret: the account's.
        said: what was typed.
        moment: seconds since 1970.
        after: the half minute of the last code that was taken: only later ones are.
    """
    digits = "".join(said.split())
    now = int(moment // STEP)
    found = None
    for step in range(now - SLACK, now + SLACK + 1):
        same = secrets.compare_digest(code(secret, step).encode(), digits.encode())
        if same and (after is None or step > after):
            found = step
    return found


def address(secret: bytes, name: str, issuer: str) -> str:
    """Return what a QR code tells an app: whose codes these are, and the secret."""
    import base64  # noqa: PLC0415

    base32 = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(issuer)}:{quote(name)}?secret={base32}&issuer={quote(issuer)}"


def new_recovery_codes() -> list[str]:
    """Return ten codes to be printed; each opens once."""
    return [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2))
        for _ in range(RECOVERY_CODES)
    ]


def recovery_hash(account: int, said: str) -> str:
    """Return what is kept of a recovery code: 49 random bits need no slow hash to stay unguessed."""
    plain = "".join(each for each in said.upper() if each.isalnum())
    return hashlib.sha256(f"{account}:{plain}".encode()).hexdigest()
