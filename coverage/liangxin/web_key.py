"""The key of the web pages: it seals second factors, and lies outside the database.

From the setting ``secret_key``, else from a file that is made when it is first wanted, readable by
its owner alone.
"""

import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from liangxin.errors import KeyLost, KeyWrong, Misuse
from liangxin.settings import Settings


def file_of(settings: Settings) -> Path:
    """Return where the key lies when the setting does not say it."""
    return settings.home / "keys" / "web.key"


def load(settings: Settings) -> Fernet:
    """Return the key, made now if there is none yet.

    Raises:
        Misuse: the setting is no key.
        KeyWrong: the file is no key, or others can read it.
        KeyLost: the file cannot be read or written.
    """
    return Fernet(_held(settings))


def keyed_hash(settings: Settings, text: str) -> str:
    """Return a hash of something short, which nobody without the key can search.

    Raises:
        Misuse, KeyWrong, KeyLost: as ``load``.
    """
    return hmac.new(_held(settings), text.encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def _held(settings: Settings) -> bytes:
    """The key as it is written; it was found to be one."""
    if settings.secret_key is not None:
        given = settings.secret_key.get_secret_value()
        try:
            Fernet(given)
        except ValueError:
            raise Misuse(
                "LIANGXIN_SECRET_KEY 不是 32 字节的 URL 安全 base64。",
                "LIANGXIN_SECRET_KEY is not 32 bytes in URL-safe base64.",
            ) from None
        return given.encode()
    file = file_of(settings)
    try:
        if not file.exists():
            _make(file)
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise KeyWrong(
                f"密钥文件 {file} 其他人可读。请改为仅本人可读（chmod 600）。",
                f"the key file {file} can be read by others; make it its owner's alone (chmod 600).",
            )
        found = file.read_bytes().strip()
        Fernet(found)
    except ValueError:
        raise KeyWrong(
            f"密钥文件 {file} 已损坏。请从备份恢复；否则所有账户须重设二次验证。",
            f"the key file {file} is damaged; restore it, or every account sets its second factor anew.",
        ) from None
    except OSError as error:
        raise KeyLost(
            f"无法读写密钥文件 {file}：{error.strerror}", f"the key file {file}: {error.strerror}"
        ) from error
    return found


def seal(key: Fernet, secret: bytes) -> str:
    """Return a secret under the key."""
    return key.encrypt(secret).decode()


def opened(key: Fernet, sealed: str, *, seconds: int | None = None) -> bytes | None:
    """Return what was sealed; null: under another key, altered, or longer ago than so many seconds."""
    try:
        return key.decrypt(sealed.encode(), ttl=seconds)
    except InvalidToken:
        return None


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # another process was quicker
    with os.fdopen(number, "wb") as out:
        out.write(Fernet.generate_key())
