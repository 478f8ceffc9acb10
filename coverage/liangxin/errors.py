"""Everything that can go wrong in a way a person can act on.

Each error is two sentences, Chinese first: what is wrong, where, and what to do. The edges
(command line, pages) print them; nobody ever sees a stack trace. A refused *row* is not an
error, it is data: see ``expectations.check``.
"""

import re

#: What breaks a line, steers a terminal, turns the direction of writing, or is no character.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)


def printable(text: str) -> str:
    """The text with a mark for every character that cannot be shown, stored or trusted."""
    return _UNPRINTABLE.sub("\ufffd", text)


class LiangxinError(Exception):
    """Base of all errors shown to people; ``zh`` and ``en`` say the same thing."""

    exit_code = 2

    def __init__(self, zh: str, en: str) -> None:
        # Names of files, sheets and columns are in it, and may hold anything.
        self.zh = printable(zh)
        self.en = printable(en)
        super().__init__(f"{self.zh} / {self.en}")


class UnreadableFile(LiangxinError):
    """The bytes are not a table this program can read."""


class MissingColumn(LiangxinError):
    """The file is a table, but lacks a column without which nothing can be done."""


class PersonsNamed(LiangxinError):
    """A file that must name no person seems to name some; nothing of it was kept."""


class UnknownSource(LiangxinError):
    """No source file has the name asked for, or the source file itself is wrong."""


class BatchStopped(LiangxinError):
    """A whole batch was stopped before load; the register is as it was."""


class ChecksFailed(LiangxinError):
    """The validator ended half way; nothing was judged and nothing written."""


class DatabaseUnavailable(LiangxinError):
    """The register cannot be opened, is locked, or is of another version."""


class CrawlFailed(LiangxinError):
    """A publisher did not deliver what it announced; nothing of it is loaded."""


class CrawlRefused(CrawlFailed):
    """A publisher does not want to be read like this; asking again today would be no better."""


def as_crawl(of: LiangxinError, zh: str, en: str) -> CrawlFailed:
    """Return the failure of a crawl, of the kind that its cause is of."""
    return (CrawlRefused if isinstance(of, CrawlRefused) else CrawlFailed)(zh, en)


class Misuse(LiangxinError):
    """A command or a page was asked for something that makes no sense."""


class Busy(LiangxinError):
    """Another process works on the same thing; this one did nothing."""


class NotPermitted(LiangxinError):
    """The actor's role does not allow this; ``lacks``: the role and the permission, for pages to name."""

    def __init__(self, zh: str, en: str, *, lacks: tuple[str, str] | None = None) -> None:
        super().__init__(zh, en)
        self.lacks = lacks


class NotFound(LiangxinError):
    """There is no such thing, or it is outside the actor's scope: the two look alike on purpose."""


class Gone(LiangxinError):
    """What a reader has read is no longer what the register says; it must read from the beginning."""


class BadPackage(LiangxinError):
    """A package of another office that is not opened; the register is as it was."""


class KeyLost(LiangxinError):
    """A key to people's data is not where it should be."""


class KeyWrong(LiangxinError):
    """A key to people's data is damaged, another one, or open to others; nothing was done with it."""


class PlanRefused(LiangxinError):
    """The checker found a mistake of this program in a plan; the plan is not shown."""
