"""Who an office is: two key pairs in one file that only its owner may read, and a public card.

The keys never enter the database. The card holds the office's name and public keys and is no
secret; what makes it trustworthy is that somebody compares its fingerprint by telephone.
"""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from liangxin.errors import BadPackage, Misuse, UnreadableFile
from liangxin.files import write_whole

FORMAT = "liangxin-card/1"
NAME = re.compile(r"[^\W_][\w-]{0,39}")
LARGEST_CARD = 10_000
_END = b"-----END PRIVATE KEY-----\n"


@dataclass(frozen=True, slots=True)
class Card:
    """What an office shows to others."""

    office: str
    sign_key: str  # public Ed25519, hexadecimal
    encrypt_key: str  # public X25519, hexadecimal

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that stand for name and keys."""
        told = f"{FORMAT}\n{self.office}\n{self.sign_key}\n{self.encrypt_key}"
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def spoken(self) -> str:
        """The first 40 digits of the fingerprint in groups, as people compare them."""
        return " ".join(self.fingerprint[n : n + 4] for n in range(0, 40, 4))

    def verifier(self) -> Ed25519PublicKey:
        """The key that its signatures are checked with."""
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.sign_key))

    def receiver(self) -> X25519PublicKey:
        """The key that packages to it are encrypted to."""
        return X25519PublicKey.from_public_bytes(bytes.fromhex(self.encrypt_key))


@dataclass(frozen=True, slots=True)
class Keys:
    """This office's own keys."""

    office: str
    signing: Ed25519PrivateKey
    decrypting: X25519PrivateKey

    @property
    def card(self) -> Card:
        """The public half."""
        return Card(
            self.office,
            self.signing.public_key().public_bytes_raw().hex(),
            self.decrypting.public_key().public_bytes_raw().hex(),
        )


def keys_file(home: Path) -> Path:
    """Where the keys lie."""
    return home / "keys" / "exchange.pem"


def card_file(home: Path) -> Path:
    """Where this office's own card lies."""
    return home / "keys" / "exchange-card.json"


def make(home: Path, office: str) -> tuple[Keys, bool]:
    """Return this office's keys, made if there are none, and whether they are new.

    Raises:
        Misuse: the name is none, or the office has keys under another name.
    """
    if keys_file(home).exists():
        keys = load(home)
        if office and office != keys.office:
            raise Misuse(
                f"本单位已有密钥，名称是“{keys.office}”，不能改为“{office}”。",
                f"this office has keys already, as {keys.office!r}; they cannot become {office!r}'s.",
            )
        return keys, False
    if not NAME.fullmatch(office):
        raise Misuse(
            f"请用 --office 给出本单位名称（1 到 40 个文字、数字、横线）；“{office[:40]}”不能用。",
            f"name this office with --office (1 to 40 letters, digits, dashes); {office[:40]!r} "
            "will not do.",
        )
    keys = Keys(office, Ed25519PrivateKey.generate(), X25519PrivateKey.generate())
    folder = keys_file(home).parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The card first: whoever has keys has a card.
    write_whole(card_file(home), card_bytes(keys.card), mode=0o644)
    write_whole(keys_file(home), _pem(keys.signing) + _pem(keys.decrypting), mode=0o600)
    return keys, True


def load(home: Path) -> Keys:
    """Return this office's keys.

    Raises:
        Misuse: there are none yet, or others may read them.
        UnreadableFile: the file is no such keys.
    """
    file = keys_file(home)
    try:
        mode, data = file.stat().st_mode, file.read_bytes()
        card = parse_card(card_file(home).read_bytes(), card_file(home).name)
    except OSError as error:
        raise Misuse(
            "本单位还没有交换密钥。请先运行 liangxin exchange keys --office 本单位名称。",
            "this office has no keys for exchange yet; run liangxin exchange keys --office NAME.",
        ) from error
    if os.name == "posix" and mode & 0o077:
        raise Misuse(
            f"密钥文件 {file} 可被他人读取，不予使用。请改为仅所有者可读（chmod 600）。",
            f"others may read the key file {file}; it is not used. Make it its owner's (chmod 600).",
        )
    first, _, second = data.partition(_END)
    try:
        signing = serialization.load_pem_private_key(first + _END, password=None)
        decrypting = serialization.load_pem_private_key(second, password=None)
    except (ValueError, TypeError) as error:
        raise _damaged(file) from error
    if not isinstance(signing, Ed25519PrivateKey) or not isinstance(decrypting, X25519PrivateKey):
        raise _damaged(file)
    keys = Keys(card.office, signing, decrypting)
    if keys.card != card:
        raise _damaged(file)
    return keys


def card_bytes(card: Card) -> bytes:
    """The card as a file."""
    told = {
        "format": FORMAT,
        "office": card.office,
        "sign_key": card.sign_key,
        "encrypt_key": card.encrypt_key,
        "fingerprint": card.fingerprint,
    }
    return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()


def parse_card(data: bytes, name: str) -> Card:
    """Read a card.

    Raises:
        BadPackage: it is none, or was altered on the way.
    """
    try:
        told = json.loads(data[: LARGEST_CARD + 1])
        card = Card(told["office"], told["sign_key"], told["encrypt_key"])
        whole = (
            set(told) == {"format", "office", "sign_key", "encrypt_key", "fingerprint"}
            and told["format"] == FORMAT
            and NAME.fullmatch(card.office)
            and all(re.fullmatch("[0-9a-f]{64}", key) for key in (card.sign_key, card.encrypt_key))
            and told["fingerprint"] == card.fingerprint
        )
        if whole:
            card.verifier(), card.receiver()
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise BadPackage(
            f"{name} 不是有效的单位名片，或在途中被改动。请对方重新导出并当面或电话核对指纹。",
            f"{name} is no office's card, or was altered on the way; ask for it again and compare "
            "the fingerprint by telephone.",
        )
    return card


def _pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _damaged(file: Path) -> UnreadableFile:
    return UnreadableFile(
        f"密钥文件 {file} 或旁边的名片已损坏。请从备份恢复整个 keys 目录。",
        f"the key file {file}, or the card beside it, is damaged; restore the folder keys from a "
        "backup.",
    )
