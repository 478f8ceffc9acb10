"""Addresses in one form of writing, and cut where one part ends and the next begins. Pure, columnar.

No regular expression runs over a row: every step is one pass that looks for many patterns at once.
"""

import polars as pl

from ingest.locate.former import former_names
from ingest.locate.gazetteer import Gazetteer

#: What needs no other form: Chinese characters, plain letters and digits, and usual marks.
_PLAIN = r"^[\u4e00-\u9fff0-9A-Za-z()\-、,.#]*$"
#: Set between two parts of an address; stands in no address.
CUT = "\x1f"
_UNSEEN = ("\u200b", "\u200c", "\u200d", "\ufeff", "\u2060", " ", "\t", "\r", "\n", "\u3000", CUT)
#: A part of an address ends behind these. 号楼 is one part, 落路口社区 is found before the 路 in it.
ENDS = (
    *("社区居民委员会", "社区居委会", "社区居", "社区", "居民委员会", "居委会", "村民委员会", "村委会"),
    *("办事处", "街道", "大道", "大街", "路", "街", "巷", "道", "号楼", "号", "栋", "幢", "座"),
    *("单元", "层", "楼", "交汇处", "交叉口", "路口"),
)  # fmt: skip
#: Floors and blocks in words begin a part too: 翠湖大厦三楼.
FLOORS = tuple(
    f"{number}{kind}"
    for number in "一二三四五六七八九十首负"
    for kind in ("楼", "层", "单元", "栋", "幢")
)
COMMUNITY_ENDS = ("社区", "居委会", "村委会", "居民委员会", "村民委员会", "村")
ROAD_ENDS = ("大道", "大街", "路", "街", "巷", "道", "路口")
#: Of an address longer than this, what follows teaches nothing and is not read for what was learned.
LONGEST_READ = 120


def clean(addresses: pl.Series) -> pl.Series:
    """Return addresses in one form: NFKC, nothing unseen or blank, a text sent twice said once.

    ``""`` for null. Of ``ABAB`` and ``ABABAB`` one ``AB`` is left.
    """
    text = pl.col("address")
    frame = addresses.rename("address").cast(pl.String).fill_null("").to_frame()
    seen = text.str.normalize("NFKC").str.replace_many(list(_UNSEEN), [""] * len(_UNSEEN))
    frame = _where(frame, ~text.str.contains(_PLAIN), seen)
    for times in (3, 2):
        frame = _where(frame, _ends_as_it_began(times), _said_once(times))
    return frame.to_series()


def _where(frame: pl.DataFrame, which: pl.Expr, change: pl.Expr) -> pl.DataFrame:
    """The one column of a frame, changed in the rows that need it; most do not."""
    marks = frame.select(which.alias("mark")).to_series()
    if not marks.any():
        return frame
    numbered = frame.with_row_index("row")
    changed = numbered.filter(marks).select("row", change)
    return pl.concat([numbered.filter(~marks), changed]).sort("row").select(pl.exclude("row"))


def _ends_as_it_began(times: int) -> pl.Expr:
    """Whether the text may be one part said so often: its last character ends its first part too."""
    raw = pl.col("address").cast(pl.Binary)
    size = raw.bin.size(unit="b").cast(pl.Int64)
    same = raw.bin.slice(size // times - 3, 3) == raw.bin.slice(size - 3, 3)
    return (size % times == 0) & (size >= 4 * times) & same


def _said_once(times: int) -> pl.Expr:
    """The text's first part where it is that part several times over."""
    text = pl.col("address")
    part = text.str.len_chars() // times
    once = text.str.head(part)
    repeated = (part >= 4) & (pl.concat_str([once] * times) == text)
    return pl.when(repeated).then(once).otherwise(text).alias("address")


#: A room as it stands at the end, behind a 号: A座1203-1204室.
_ROOM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-~、,.#()_室房铺"


def without_room(cleaned: pl.Series) -> pl.Series:
    """The addresses without a room at the end, where a 号 before it says that it is one."""
    text = pl.col("address")
    bare = text.str.strip_chars_end(_ROOM)
    has_door = bare.str.contains("号", literal=True)
    frame = cleaned.rename("address").to_frame()
    return frame.select(pl.when(has_door).then(bare).otherwise(text)).to_series()


class Knife:
    """Cuts addresses of one district into parts, and drops what names the district and its towns."""

    def __init__(self, gazetteer: Gazetteer, district: str) -> None:
        above = [district[:2], district[:4], district]
        areas = gazetteer.areas.filter(pl.col("code").is_in(above))["name"].to_list()
        former = former_names(gazetteer).filter(pl.col("code") == district)["was"]
        areas += former.filter(former.str.ends_with("县")).to_list()  # 某某市 may be 某某市场
        here = pl.col("district_code") == district
        towns = gazetteer.towns.filter(here)["name"].to_list()
        communities = gazetteer.communities.filter(here)["name"].to_list()
        cuts = dict.fromkeys((*areas, *towns), CUT)
        cuts |= {name: f"{CUT}{name}{CUT}" for name in communities if name not in cuts}
        cuts |= {floor: f"{CUT}{floor}{CUT}" for floor in FLOORS}
        cuts |= {end: end + CUT for end in ENDS if end not in cuts}
        # Longest first, so that of nested names the longer is cut out.
        self._patterns = sorted(cuts, key=lambda name: (-len(name), name))
        self._into = [cuts[name] for name in self._patterns]

    def cut(self, cleaned: pl.Series) -> pl.Series:
        """Return the addresses with ``CUT`` between parts, at most ``LONGEST_READ`` characters read."""
        text = cleaned.rename("address").to_frame()
        read = pl.col("address").str.head(LONGEST_READ)
        return text.select(
            read.str.replace_many(self._patterns, self._into, leftmost=True)
        ).to_series()
