"""The outside of a package: header, signature, encrypted content. Nothing inside is looked at here.

    a line of magic | length of header, 4 bytes | header, JSON | signature, 64 bytes | content

The content is encrypted with HPKE (RFC 9180) to the receiver's key, bound to the header. The sender
signs everything before the signature together with the content, so nothing is decrypted, unpacked
or believed before it is known who sent it, to whom, and that no byte was altered.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from ingest.exchange.keys import Card, Keys
from liangxin.errors import BadPackage

MAGIC = b"LIANGXIN-EXCHANGE\n"
FORMAT = 1
LARGEST_HEADER = 64_000
SIGNATURE = 64
#: What is signed and bound begins with these words, so that no other use of the keys can be taken for it.
PURPOSE = b"liangxin exchange package 1\n"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_PLACE = len(MAGIC) + 4


@dataclass(frozen=True, slots=True)
class Header:
    """What is readable on the outside; ``content_sha256`` is of the encrypted content."""

    format: int
    sender: str
    sender_fingerprint: str
    receiver: str
    receiver_fingerprint: str
    serial: int
    packed_on: str
    cursor_from: str
    cursor_to: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """A package as it lies there; nothing of it is verified but its shape."""

    header: Header
    header_bytes: bytes
    signature: bytes
    content: bytes


def seal(content: bytes, keys: Keys, to: Card, **header: Any) -> tuple[Header, bytes]:
    """Return a package of a content: its header and its bytes.

    Args:
        content: what is to be sent.
        keys: of the sender.
        to: the receiver.
        header: ``serial, packed_on, cursor_from, cursor_to``.
    """
    outside: dict[str, Any] = {
        "format": FORMAT,
        "sender": keys.office,
        "sender_fingerprint": keys.card.fingerprint,
        "receiver": to.office,
        "receiver_fingerprint": to.fingerprint,
        **header,
    }
    sealed = _SUITE.encrypt(content, to.receiver(), info=_bound(outside))
    told = Header(**outside, content_sha256=hashlib.sha256(sealed).hexdigest())
    told_bytes = _json(asdict(told))
    signature = keys.signing.sign(_signed(told_bytes, sealed))
    length = len(told_bytes).to_bytes(4)
    return told, b"".join((MAGIC, length, told_bytes, signature, sealed))


def parse(data: bytes) -> Envelope:
    """Read the outside of a package.

    Raises:
        BadPackage: it is none, is cut short, or is of a later format.
    """
    if not data.startswith(MAGIC):
        raise BadPackage(
            "这不是两新交换包。请确认文件，并让对方用 liangxin exchange pack 重新导出。",
            "this is no exchange package; check the file, or ask the sender to pack it again.",
        )
    length = int.from_bytes(data[len(MAGIC) : _PLACE])
    header_bytes = data[_PLACE : _PLACE + length]
    behind = _PLACE + length + SIGNATURE
    if length > LARGEST_HEADER or len(data) <= behind:
        raise _damaged()
    header = _header(header_bytes)
    return Envelope(header, header_bytes, data[behind - SIGNATURE : behind], data[behind:])


def verify(envelope: Envelope, sender: Card, keys: Keys) -> None:
    """Return if a package is from the sender, to us, and whole.

    Raises:
        BadPackage: it is not.
    """
    header = envelope.header
    try:
        sender.verifier().verify(
            envelope.signature, _signed(envelope.header_bytes, envelope.content)
        )
    except InvalidSignature as error:
        raise BadPackage(
            f"交换包的签名与“{header.sender}”的名片不符：文件被改动、不完整，或是伪造的。登记库未变；"
            "请对方重新发送，并电话核对指纹。",
            f"the signature is not that of {header.sender!r}: the package was altered, cut short or "
            "forged. The register is as it was; ask for it again and compare fingerprints.",
        ) from error
    if header.sender_fingerprint != sender.fingerprint:
        raise _damaged()
    if header.receiver_fingerprint != keys.card.fingerprint:
        raise BadPackage(
            f"该交换包是发给“{header.receiver}”的，不是发给本单位（{keys.office}）的，或用的是本单位的旧名片。"
            "登记库未变。",
            f"this package is for {header.receiver!r}, not for this office ({keys.office}), or was "
            "made for an old card of it. The register is as it was.",
        )
    if hashlib.sha256(envelope.content).hexdigest() != header.content_sha256:
        raise _damaged()


def unseal(envelope: Envelope, keys: Keys) -> bytes:
    """Return the content of a verified package.

    Raises:
        BadPackage: it was not encrypted for us with this header.
    """
    outside = {
        name: value for name, value in asdict(envelope.header).items() if name != "content_sha256"
    }
    try:
        return _SUITE.decrypt(envelope.content, keys.decrypting, info=_bound(outside))
    except (InvalidTag, ValueError) as error:
        raise _damaged() from error


def _header(data: bytes) -> Header:
    """Read a header, field by field.

    Raises:
        BadPackage: it is none, or of a later format.
    """
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _damaged() from error
    if not isinstance(told, dict) or not _is_number(told.get("format")):
        raise _damaged()
    if told["format"] != FORMAT:
        raise BadPackage(
            f"该交换包的格式是第 {told['format']} 版，本程序只认识第 {FORMAT} 版。请升级 liangxin。",
            f"this package is of format {told['format']}, this program knows {FORMAT}; upgrade "
            "liangxin.",
        )
    texts = [each.name for each in fields(Header) if each.name not in {"format", "serial"}]
    well_formed = (
        set(told) == {each.name for each in fields(Header)}
        and all(isinstance(told[name], str) for name in texts)
        and _is_number(told["serial"])
        and re.fullmatch("[0-9a-f]{64}", told["content_sha256"])
        and _json(told) == data
        and _is_day(told["packed_on"])
    )
    if not well_formed:
        raise _damaged()
    return Header(**told)


def _is_number(value: object) -> bool:
    return type(value) is int and 0 < value < 2**31


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _signed(header: bytes, content: bytes) -> bytes:
    return b"".join((PURPOSE, len(header).to_bytes(4), header, content))


def _bound(outside: dict[str, Any]) -> bytes:
    return PURPOSE + _json(outside)


def _json(told: dict[str, Any]) -> bytes:
    """One way to write one header."""
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _damaged() -> BadPackage:
    return BadPackage(
        "交换包不完整或已损坏，登记库未变。请对方重新发送。",
        "the package is cut short or damaged; the register is as it was. Ask for it again.",
    )
