"""The notice with its three consents: one text, versioned, and kept as it was shown."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, insert, select

from liangxin.errors import Misuse
from liangxin.schema import KeptDocument

KIND = "notice"
#: What a person agrees to, each apart from the others; without the first two nothing is recorded.
CONSENTS = ("declare", "pass_on", "transfer")
REQUIRED = frozenset({"declare", "pass_on"})


@dataclass(frozen=True, slots=True)
class Notice:
    """A version of the text; ``{committee}`` stands where the committee's name goes."""

    version: str
    items: tuple[tuple[str, str, str], ...]  # key, Chinese, English
    consents: Mapping[str, tuple[str, str]]
    content: str

    @property
    def sha256(self) -> str:
        """Of the whole text."""
        return hashlib.sha256(self.content.encode()).hexdigest()


@cache
def current() -> Notice:
    """Return the notice that is shown now."""
    content = files("liangxin.reference").joinpath("notice.toml").read_text("utf-8")
    told = tomllib.loads(content)
    return Notice(
        told["version"],
        tuple((item["key"], item["zh"], item["en"]) for item in told["items"]),
        {name: (told["consents"][name]["zh"], told["consents"][name]["en"]) for name in CONSENTS},
        content,
    )


def keep(connection: Connection, notice: Notice, *, by: str, today: date, now: datetime) -> None:
    """Keep the text that people are shown; kept already, it is unchanged.

    Raises:
        Misuse: another text was shown under the same version.
    """
    keep_document(connection, KIND, notice.version, notice.content, by=by, today=today, now=now)


def keep_document(
    connection: Connection,
    kind: str,
    version: str,
    content: str,
    *,
    by: str,
    today: date,
    now: datetime,
) -> None:
    """Keep a document that must be shown for years (a notice, an impact assessment).

    Raises:
        Misuse: another text is kept under the same version.
    """
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    mine = (KeptDocument.kind == kind) & (KeptDocument.version == version)
    kept = connection.execute(select(KeptDocument.sha256).where(mine)).scalar()
    if kept is None:
        values = {"kind": kind, "version": version, "sha256": sha256, "content": content}
        connection.execute(
            insert(KeptDocument).values(**values, from_on=today, by=by, learned_at=now)
        )
    elif kept != sha256:
        raise Misuse(
            f"版本 {version} 已存有另一份内容。修改内容须换一个版本号，旧版继续保存。",
            f"another text is kept as version {version}; a changed text needs another version, and "
            "the old one stays.",
        )
