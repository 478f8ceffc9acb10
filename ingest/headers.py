"""Which of a file's columns is which of our fields, by the names publishers really use.

A source file may say it outright; otherwise the names of ``aliases/<kind>.toml`` decide, compared
without case, blanks, brackets' width or units. Where two columns could be one field, the name
listed first wins, and the other column is left alone. Of a header below a group (``书记/姓名``)
the whole path is compared, then its end, if no other header ends so. What is still missing may be
a header that is nearly one of our names, or one in two languages (``姓名 Name``): told apart,
because a person should confirm it.
"""

import difflib
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

from liangxin.errors import MissingColumn

Vocabulary = Mapping[str, Sequence[str]]

#: Without these a registration is about nobody.
REQUIRED = ("uscc", "name")
#: Characters that stand for each other by sound or shape in typed headers: 公会 is meant as 工会.
_CONFUSED = str.maketrans("吗玛帐座己巳扯趾公身做成", "码码账坐已已址址工身作成")
#: Words around a name that do not change what it names.
_TRIMMINGS = re.compile(r"^(?:请?填写|必填|选填)|(?:盖章|公章|必填|选填|万元|人民币|元|全称)$")
#: One of these more or less makes it another field: 党员人数 is not 非党员人数.
_TURNING = frozenset("非不未无否女男前原曾副总拟新旧转出入子母父正预团职")


#: The Chinese of a header in two languages, a blank between them.
_LATIN = r"[A-Za-z][A-Za-z0-9_ .'&#/()-]*"
_BILINGUAL = re.compile(rf"^(?:{_LATIN}\s(?P<behind>[^A-Za-z]+)|(?P<before>[^A-Za-z]+)\s{_LATIN})$")
#: What stands in a row of data and in no row of headers: a number alone, or a long one.
_DATA = re.compile(r"^[\d.,]+$|\d{6}")

#: Characters of a header or a sheet's name that a sentence shows.
LONGEST_SHOWN = 40
#: Headers that are compared closely; no clerk's table has more.
MOST_COMPARED = 500


@dataclass(frozen=True, slots=True)
class Matched:
    """Which headers are which fields: for certain, and nearly, which a person should confirm."""

    columns: dict[str, str] = field(default_factory=dict)
    close: dict[str, str] = field(default_factory=dict)


@cache
def vocabulary(kind: str) -> dict[str, tuple[str, ...]]:
    """Return the fields of a kind of file and what its headers call them, best name first.

    Raises:
        FileNotFoundError: there is no such kind.
    """
    file = files("ingest").joinpath("aliases", f"{kind}.toml")
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    # Social organisations come under the headers of any registration too; their own come first.
    general = vocabulary("registrations") if kind == "social" else {}
    return {
        name: tuple(dict.fromkeys((*raw.get(name, ()), *general.get(name, ()))))
        for name in {**raw, **general}
    }


def aliases() -> dict[str, tuple[str, ...]]:
    """Return our fields of a registration and what publishers call them, best name first."""
    return vocabulary("registrations")


@lru_cache(maxsize=1 << 14)
def plain(header: str) -> str:
    """Reduce a header to what matters: NFKC, no blanks, no unit or remark in brackets, lower."""
    text = unicodedata.normalize("NFKC", header)
    return re.sub(r"\([^)]*\)|[\s*:_\-\"'\u200b\ufeff]", "", text).lower()


def match(headers: Sequence[str], wanted: Vocabulary) -> dict[str, str]:
    """Return field -> header for every field of a registration that is there by name.

    A header serves one field only.
    """
    return _by_name(headers, wanted, aliases())


def match_closely(headers: Sequence[str], wanted: Vocabulary, names: Vocabulary) -> Matched:
    """Return which headers are which fields, by name, by the end of their path, or nearly.

    Args:
        headers: the columns of the file.
        wanted: our field -> the headers a sender is known to mean by it; they are nobody else's.
        names: our field -> what it may be called, best first.
    """
    found = _by_name(headers, wanted, names)
    both = {name: (*wanted.get(name, ()), *names.get(name, ())) for name in {**wanted, **names}}
    _add_by_end(headers, both, found)
    return Matched(found, _nearly(headers, both, found))


def match_by_name(headers: Sequence[str], names: Vocabulary) -> dict[str, str]:
    """Return which headers are which fields by name or by the end of their path."""
    found = _by_name(headers, {}, names)
    _add_by_end(headers, names, found)
    return found


def _by_name(headers: Sequence[str], wanted: Vocabulary, names: Vocabulary) -> dict[str, str]:
    by_plain: dict[str, str] = {}
    for header in headers:
        by_plain.setdefault(plain(header), header)
    found: dict[str, str] = {}
    for listed in (wanted, names):  # what a source says outright is nobody else's
        for name in [name for name in listed if name not in found]:
            for alias in listed[name]:
                here = by_plain.get(plain(alias))
                if here is not None and here not in found.values():
                    found[name] = here
                    break
    return found


def _add_by_end(headers: Sequence[str], names: Vocabulary, found: dict[str, str]) -> None:
    """Match what is left by the end of a path, the longest first, where only one ends so."""
    taken = set(found.values())
    ends: dict[str, list[str]] = {}
    for header in headers:
        if header not in taken and "/" in header:
            parts = header.split("/")
            for start in range(1, len(parts)):
                ends.setdefault(plain("/".join(parts[start:])), []).append(header)
    if not ends:
        return
    for name in [name for name in names if name not in found]:
        for alias in names[name]:
            here = [header for header in ends.get(plain(alias), ()) if header not in taken]
            if len(here) == 1:
                found[name] = here[0]
                taken.add(here[0])
                break


def _nearly(headers: Sequence[str], names: Vocabulary, found: Mapping[str, str]) -> dict[str, str]:
    """Match free headers to free fields they clearly stand for, where neither could be another."""
    index = _index(tuple((name, tuple(listed)) for name, listed in names.items()))
    taken = set(found.values())
    free = [h for h in headers if h not in taken and plain(h) and plain(h) not in index.known]
    pairs = {
        (name, header)
        for header in free[:MOST_COMPARED]
        for end in _ends(header)
        for name, alias in index.like(end)
        if name not in found and near(end, alias)
    }
    by_field, by_header = Counter(name for name, _ in pairs), Counter(header for _, header in pairs)
    return {
        name: header
        for name, header in sorted(pairs)
        if by_field[name] == 1 and by_header[header] == 1
    }


class _Index:
    """The names of a vocabulary by what is left of them after a slip of the hand."""

    def __init__(self, names: Iterable[tuple[str, Sequence[str]]]) -> None:
        self.known: set[str] = set()
        self._by_key: dict[str, set[tuple[str, str]]] = {}
        for name, listed in names:
            for alias in listed:
                self.known.add(plain(alias))
                for key in _keys(alias):
                    self._by_key.setdefault(key, set()).add((name, alias))

    def like(self, header: str) -> set[tuple[str, str]]:
        """Return fields and their names that could be near a header."""
        return set().union(*(self._by_key.get(key, ()) for key in _keys(header)))


@lru_cache(maxsize=16)
def _index(names: tuple[tuple[str, tuple[str, ...]], ...]) -> _Index:
    return _Index(names)


def _keys(header: str) -> set[str]:
    """A header, without its trimmings, and without each of its characters in turn.

    Two that are one slip apart share a key: the place where they differ is left out of both.
    """
    text = plain(header).translate(_CONFUSED)[:40]
    return {text, _TRIMMINGS.sub("", text), *(text[:n] + text[n + 1 :] for n in range(len(text)))}


def _ends(header: str) -> Iterator[str]:
    yield header
    if "/" in header:
        yield header.rpartition("/")[2]
    if found := _BILINGUAL.match(unicodedata.normalize("NFKC", header[:80]).strip()):
        yield found["behind"] or found["before"]


def near(header: str, alias: str) -> bool:
    """Return if a header is clearly meant as a name: one slip of the hand, or words around it."""
    one, other = plain(header), plain(alias)
    if abs(len(one) - len(other)) > 3 or not one or not other:
        return False
    one, other = one.translate(_CONFUSED), other.translate(_CONFUSED)
    if one == other:
        return True
    bare = _TRIMMINGS.sub("", one)
    if len(bare) >= 2 and bare == _TRIMMINGS.sub("", other):
        return True
    return min(len(one), len(other)) >= 3 and _one_slip(one, other)


def _one_slip(one: str, other: str) -> bool:
    """One character too many or too few, two swapped, or in a long name one mistyped."""
    if one.isascii() and min(len(one), len(other)) < 6:
        return False
    if len(one) == len(other):
        if len(one) == 3:
            return False
        apart = [at for at in range(len(one)) if one[at] != other[at]]
        if len(apart) == 2 and apart[1] == apart[0] + 1:
            swapped = one[apart[0]] == other[apart[1]] and one[apart[1]] == other[apart[0]]
            if swapped:
                return True
        turned = any({one[at], other[at]} & _TURNING for at in apart)
        return len(one) >= 6 and len(apart) == 1 and not turned
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    if len(longer) - len(shorter) != 1:
        return False
    at = next((n for n in range(len(shorter)) if longer[n] != shorter[n]), len(shorter))
    return longer[at + 1 :] == shorter[at:] and longer[at] not in _TURNING


def require(
    found: Mapping[str, str],
    headers: Sequence[str],
    file: str,
    required: Sequence[str] = REQUIRED,
    names: Vocabulary | None = None,
    *,
    sheet: str = "",
) -> None:
    """Return if the columns nobody can do without are there.

    Raises:
        MissingColumn: names what is missing, what the file has, and what to call it.
    """
    known = aliases() if names is None else names
    for name in required:
        if name in found:
            continue
        calls = [*dict.fromkeys(known.get(name, (name,)))][:3] or [name]
        shown = _are_headers(headers, known)
        has_zh, has_en = _what_there_is(headers if shown else ())
        free = [h for h in headers if h not in found.values()] if shown else []
        like = _most_like(calls, free)
        guess_zh = f"“{like}”列若就是它，请改名或用 --mapping 指定。" if like else ""
        guess_en = f"; if {like!r} is the one, rename it or name it with --mapping" if like else ""
        title = listed([sheet])
        place_zh = f"文件 {file} 的工作表“{title}”" if sheet else f"文件 {file} "
        place_en = f"the sheet {title!r} of {file}" if sheet else f"the file {file}"
        raise MissingColumn(
            f"{place_zh}没有“{calls[0]}”列（{has_zh}）。"
            f"请加上此列，可用列名：{'、'.join(calls)}。{guess_zh}",
            f"{place_en} has no column for {name} ({has_en}); "
            f"add one named {', '.join(calls)}{guess_en}.",
        )


def _are_headers(headers: Sequence[str], known: Vocabulary) -> bool:
    """Return if a row may be shown as column names: it is no row of data, which may name a person.

    In a list of people one of them must be known, for a row of names and posts has no numbers.
    """
    of_people = "document_number" in known
    return not any(_DATA.search(header) for header in headers) and not (
        of_people and not match_by_name(headers, known)
    )


def _what_there_is(shown: Sequence[str]) -> tuple[str, str]:
    if not shown:
        return "没有认出列名行，开头的行像是数据", "no row of column names was found, only data"
    return f"现有列：{listed(shown[:20])}", f"it has: {listed(shown[:20], ', ')}"


def listed(names: Iterable[str], separator: str = "、") -> str:
    """Names for a sentence; one that is a page of text is cut."""
    shown = (name if len(name) <= LONGEST_SHOWN else name[:LONGEST_SHOWN] + "…" for name in names)
    return separator.join(shown)


def _most_like(calls: Iterable[str], headers: Sequence[str]) -> str:
    """Return the header most like one of the names, or nothing."""
    scores = [
        (difflib.SequenceMatcher(None, plain(header), plain(call)).ratio(), header)
        for header in headers[:200]
        if len(header) <= LONGEST_SHOWN
        for call in calls
    ]
    best, header = max(scores, default=(0.0, ""))
    return header if best >= 0.6 else ""
