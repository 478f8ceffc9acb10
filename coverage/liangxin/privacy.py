"""Keys to people's data: pseudonyms of document numbers, and sealed names.

A number is kept as its HMAC-SHA256 under the district's pseudonym key, and never itself. A name is
sealed with ChaCha20-Poly1305 under a sealing key, bound to the row it stands in: moved to another
row it does not open. Keys never enter the database; they come from a setting, a command's output,
or a file that only its owner may read.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import shlex
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from liangxin.errors import KeyLost, KeyWrong, Misuse
from liangxin.files import write_new, write_whole
from liangxin.settings import Settings

FORMAT = "liangxin-district-keys/1"
KEY_BYTES, NONCE_BYTES = 32, 12
#: Names are filled up to a multiple of this many bytes, so that a sealed one tells no length.
BLOCK = 64
#: A command has so many seconds to hand out the keys.
COMMAND_SECONDS = 30
LARGEST = 100_000
_NAME = b"liangxin sealed name 1\n"
_DO_NOT_ASK = b"liangxin do not ask 1\n"
_MARK = b"liangxin mark 1\n"
_SIGNED = b"liangxin signed 1\n"


@dataclass(frozen=True, slots=True)
class Key:
    """32 random bytes, and a short name for them that tells nothing of them."""

    id: str  # 16 hexadecimal digits
    secret: bytes

    def __repr__(self) -> str:
        return f"Key({self.id})"


@dataclass(frozen=True, slots=True)
class Keys:
    """A district's keys; the last sealing key seals, those before it only open.

    The organisation department holds the pseudonym key alone, and no sealing key.
    """

    pseudonym: Key
    sealing: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed name as it is kept: base64, and which key opens it."""

    text: str
    key_id: str


# Making and finding keys.


def keys_file(settings: Settings) -> Path:
    """Where the keys lie, unless a setting or a command brings them."""
    return settings.keys_file or settings.home / "keys" / "district.json"


def new_keys() -> Keys:
    """Return keys of a district that has none yet."""
    return Keys(_new_key(), (_new_key(),))


def rotated(keys: Keys) -> Keys:
    """Return the keys with a new one that seals from now on; the pseudonym key stays.

    Nobody has the numbers, so pseudonyms cannot be made anew (decision 0019).
    """
    return Keys(keys.pseudonym, (*keys.sealing, _new_key()))


def write(keys: Keys, file: Path, *, replace: bool = False) -> None:
    """Write a file of keys that only its owner may read.

    Raises:
        Misuse: there is one already and ``replace`` was not said, or it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (write_whole if replace else write_new)(file, as_text(keys).encode(), mode=0o600)
    except FileExistsError as error:
        raise Misuse(
            f"密钥文件 {file} 已存在，没有改动：覆盖后已封存的姓名将无法打开。更换密钥请用 liangxin keys rotate。",
            f"the key file {file} is there already and was left alone: names sealed under it could "
            "never be opened again. To change keys: liangxin keys rotate.",
        ) from error
    except OSError as error:
        raise Misuse(
            f"无法写入密钥文件 {file}（{error.strerror}）。请检查目录权限。",
            f"the key file {file} cannot be written ({error.strerror}); check the folder's permissions.",
        ) from error


def load(settings: Settings) -> Keys:
    """Return the district's keys: of the setting, else of the command, else of the file.

    Raises:
        KeyLost: there are none where they should be.
        KeyWrong: they are damaged, or others may read the file.
    """
    _leave_no_dump()
    if settings.keys is not None:
        return parse(settings.keys.get_secret_value(), "LIANGXIN_KEYS")
    if settings.keys_command:
        return parse(_said_by(settings.keys_command), "LIANGXIN_KEYS_COMMAND")
    return read(keys_file(settings))


def read(file: Path) -> Keys:
    """Return the keys of a file.

    Raises:
        KeyLost: there is none.
        KeyWrong: it is damaged, or others may read it.
    """
    try:
        mode = file.stat().st_mode
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise KeyLost(
            f"找不到或无法读取密钥文件 {file}。已有封存姓名的，请从密钥备份恢复；首次使用请运行 liangxin keys make。",
            f"the key file {file} is lost or cannot be read. Restore it from the backup of the keys if "
            "names are sealed already; the first time, run liangxin keys make.",
        ) from error
    if os.name == "posix" and mode & 0o077:
        raise KeyWrong(
            f"密钥文件 {file} 可被他人读取，不予使用。请改为仅所有者可读（chmod 600）。",
            f"others may read the key file {file}; it is not used. Make it its owner's (chmod 600).",
        )
    return parse(data.decode("utf-8", "replace"), str(file))


def as_text(keys: Keys) -> str:
    """The keys as a file holds them, JSON."""
    told = {
        "format": FORMAT,
        "pseudonym": _told(keys.pseudonym),
        "sealing": [_told(key) for key in keys.sealing],
    }
    return json.dumps(told, indent=2) + "\n"


def parse(text: str, place: str) -> Keys:
    """Read keys; ``place`` is where they stood, for the message.

    Raises:
        KeyWrong: they are none, or a byte of them was altered; nothing of them is quoted.
    """
    try:
        told = json.loads(text)
        keys = Keys(_read(told["pseudonym"]), tuple(_read(each) for each in told["sealing"]))
        whole = told["format"] == FORMAT
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise KeyWrong(
            f"{place} 中的密钥不完整或已损坏（内容不予显示）。请从密钥备份恢复。",
            f"the keys in {place} are damaged or none at all (they are not shown); restore them from "
            "the backup of the keys.",
        )
    return keys


def _leave_no_dump() -> None:
    """Should a process that has keys crash, its memory is written nowhere; only Windows lacks the means."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _new_key() -> Key:
    secret = secrets.token_bytes(KEY_BYTES)
    return Key(_id(secret), secret)


def _id(secret: bytes) -> str:
    return hashlib.sha256(b"liangxin key 1\n" + secret).hexdigest()[:16]


def _told(key: Key) -> dict[str, str]:
    return {"id": key.id, "key": base64.b64encode(key.secret).decode()}


def _read(told: Mapping[str, Any]) -> Key:
    secret = base64.b64decode(told["key"], validate=True)
    if len(secret) != KEY_BYTES or told["id"] != _id(secret):
        raise ValueError("altered")
    return Key(told["id"], secret)


def _said_by(command: str) -> str:
    try:
        # The operator's own setting; no shell, and what it says on its way is shown nowhere.
        done = subprocess.run(  # noqa: S603
            shlex.split(command),
            capture_output=True,
            check=True,
            timeout=COMMAND_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        # Not chained: the error holds what the command printed.
        raise KeyLost(
            "LIANGXIN_KEYS_COMMAND 所设命令没有给出密钥（未能运行、出错或超时）。请在终端单独运行该命令检查。",
            "the command in LIANGXIN_KEYS_COMMAND handed out no keys (it did not run, failed or took too "
            "long); run it by itself to see why.",
        ) from None
    return done.stdout.decode("utf-8", "replace")


# Using them.


def pseudonym(keys: Keys, number: str) -> str:
    """Return the HMAC-SHA256 of a normalised document number, 64 hexadecimal digits."""
    return hmac.new(keys.pseudonym.secret, number.encode(), hashlib.sha256).hexdigest()


def mark(keys: Keys) -> str:
    """Return what stands in a file of pseudonyms to tell with which key they were made."""
    return hmac.new(keys.pseudonym.secret, _MARK, hashlib.sha256).hexdigest()


def token(keys: Keys, person_key: str) -> str:
    """Return what stands for a pseudonym among those who are not to be asked.

    Another HMAC, so that a token is found in no member register, and beside a member only while a
    candidate waits: it is kept with them, for deleting needs no key.
    """
    told = _DO_NOT_ASK + person_key.encode()
    return hmac.new(keys.pseudonym.secret, told, hashlib.sha256).hexdigest()


def sign(keys: Keys, text: str) -> str:
    """Return what shows that a text was written here, 64 hexadecimal digits."""
    return hmac.new(keys.pseudonym.secret, _SIGNED + text.encode(), hashlib.sha256).hexdigest()


def seal(keys: Keys, name: str, *, organisation_id: int, person_key: str) -> Sealed:
    """Seal a name for the row of a person at an organisation.

    Raises:
        KeyLost: these keys have none to seal with.
    """
    require_sealing(keys)
    key = keys.sealing[-1]
    plain = name.encode()
    filled = len(plain).to_bytes(2) + plain
    filled += bytes(-len(filled) % BLOCK)
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = ChaCha20Poly1305(key.secret).encrypt(nonce, filled, _row(organisation_id, person_key))
    return Sealed(base64.b64encode(nonce + sealed).decode(), key.id)


def unseal(keys: Keys, sealed: Sealed, *, organisation_id: int, person_key: str) -> str:
    """Return a sealed name.

    Raises:
        KeyLost: the key it was sealed with is not among these.
        KeyWrong: it was altered, or does not belong to this row.
    """
    key = next((each for each in keys.sealing if each.id == sealed.key_id), None)
    if key is None:
        raise _no_sealing_key(sealed.key_id)
    try:
        data = base64.b64decode(sealed.text, validate=True)
        nonce, content = data[:NONCE_BYTES], data[NONCE_BYTES:]
        row = _row(organisation_id, person_key)
        filled = ChaCha20Poly1305(key.secret).decrypt(nonce, content, row)
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise KeyWrong(
            "一条封存的姓名无法打开：内容被改动，或被移到了别的行。请从备份恢复登记库并查看审计日志。",
            "a sealed name does not open: it was altered, or moved from another row. Restore the "
            "register from a backup and look into the log.",
        ) from error
    return filled[2 : 2 + int.from_bytes(filled[:2])].decode()


def require_pseudonym_key(keys: Keys, used: str | None) -> None:
    """Return if the register's pseudonyms were made with these keys; ``None``: it has none.

    Raises:
        KeyWrong: they were made with others, and nobody would be recognised.
    """
    if used is not None and used != keys.pseudonym.id:
        raise KeyWrong(
            f"密钥不符：登记库用的是密钥 {used}，现有的是 {keys.pseudonym.id}，继续会认不出已登记的人，没有写入任何"
            "内容。请恢复原来的密钥文件。",
            f"this is the wrong key: the register uses {used}, here is {keys.pseudonym.id}; people who "
            "are in it would not be recognised, so nothing was written. Restore the key file of before.",
        )


def require_sealing(keys: Keys) -> None:
    """Return if these keys can seal names.

    Raises:
        KeyLost: they have the pseudonym key alone.
    """
    if not keys.sealing:
        raise _no_sealing_key("")


def _row(organisation_id: int, person_key: str) -> bytes:
    return _NAME + f"{organisation_id}\n{person_key}".encode()


def _no_sealing_key(key_id: str) -> KeyLost:
    named_zh, named_en = (f" {key_id}", f" {key_id}") if key_id else ("", "")
    return KeyLost(
        f"缺少封存姓名的密钥{named_zh}。请从密钥备份恢复密钥文件；没有该密钥，姓名无法打开。",
        f"the sealing key{named_en} is lost; restore the key file from its backup. Without this key "
        "the names cannot be opened.",
    )
