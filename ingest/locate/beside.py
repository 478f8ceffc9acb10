"""Names of sub-districts and communities that an address is beside: 七里桥街道办事处对面. Pure.

What lies beside an office is mostly where the office is, and need not be. Such a name is broken in
the address, so that it is not read as where it is; nothing else read, it is stated for what it is.
"""

import polars as pl

from ingest.locate.cleaning import CUT

BY_BESIDE = "beside"
#: Public rows that say what they are beside and, apart from that, where they are; and those of them
#: that are in the sub-district of what they are beside (decision 0025).
SEEN, INSIDE = 14, 12
#: What was seen, and one more row that was not.
CONFIDENCE = INSIDE / (SEEN + 1)
#: Names end in the kind of place they are, or in its office.
_KINDS = ("街道", "镇", "乡", "苏木", "社区", "村")
_OFFICES = (
    *(
        "街道办事处",
        "办事处",
        "街道办",
        "街办",
        "社区居民委员会",
        "社区居委会",
        "居民委员会",
        "居委会",
    ),
    *("村村民委员会", "村村委会", "村民委员会", "村委会", "村委"),
)
_HOUSES = (
    *("人民政府", "政府", "党委", "机关", "办公大楼", "办公楼", "大楼", "大院", "院"),
    *("党群服务中心", "服务中心", "乡", "镇"),
)
#: Nothing is called so; the others begin names too where no office stands before them: 对面街, 东边村.
_SURELY = ("斜对面", "正对面", "斜对门", "附近", "隔壁", "旁边", "旁侧", "对过", "背后")
_BESIDE = (
    *("对面", "对门", "旁", "背面", "后面", "前面", "后侧", "前侧", "左侧", "右侧", "左边", "右边"),
    *(f"{way}{side}" for way in "东南西北" for side in "侧边面"),
)
_NO_NAME = r"(?:[^\u4e00-\u9fff]|$|[一二两三四五六七八九十百约的处])"


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


_BROKEN = "|".join(
    (
        f"({_any(*_OFFICES)})({_any(*_HOUSES)}*{_any(*_SURELY, *_BESIDE)})",
        f"({_any(*_KINDS)})({_any(*_HOUSES)}+{_any(*_SURELY, *_BESIDE)})",
        f"({_any(*_KINDS)})({_any(*_SURELY)}|{_any(*_BESIDE)}{_NO_NAME})",
    )
)


def broken(addresses: pl.Series) -> pl.Series:
    """Return the addresses, without the ending of every name that they say they are beside."""
    return _rewritten(addresses, CUT + "$2$4$6")


def within(addresses: pl.Series) -> pl.Series:
    """Return the addresses as if they lay in what they say they are beside."""
    return _rewritten(addresses, "$1$3$5" + CUT + "$2$4$6")


def _rewritten(addresses: pl.Series, as_: str) -> pl.Series:
    text = pl.col("address")
    frame = addresses.rename("address").to_frame().with_row_index("row")
    some = frame.filter(text.str.contains_any([*_SURELY, *_BESIDE]))
    changed = some.with_columns(there=text.str.replace_all(_BROKEN, as_)).filter(
        text != pl.col("there")
    )
    if changed.is_empty():
        return addresses
    return (
        frame.join(changed.select("row", "there"), on="row", how="left", maintain_order="left")
        .select(pl.coalesce("there", "address").alias(addresses.name))
        .to_series()
    )
