"""Functional zones: areas that run sub-districts and are no division of the state. Pure.

Their addresses name the zone and never the district (domain.md 8.3). Recognised by how their
names end, anywhere in the country; what stands before the ending is not needed.
"""

import polars as pl

ENDINGS = (
    *("经济技术开发区", "高新技术产业开发区", "高新技术开发区", "经济开发区", "旅游度假区", "旅游开发区"),
    *("综合保税区", "保税区", "出口加工区", "高新区", "经开区", "示范区", "度假区", "开发区", "工业园区"),
)  # fmt: skip


#: How the name of a zone may end that is called like a district, behind its city.
_AS_DISTRICTS = ("新区", "管理区")
_SHORTEST, _LONGEST = 3, 6
#: Without one of these no zone is named; most addresses have none.
_MAY_BE = f"[{''.join(sorted({each[-2] for each in (*ENDINGS, *_AS_DISTRICTS)}))}]区"


def zones_named(cleaned: pl.Series, districts: pl.Series) -> pl.Series:
    """The functional zone each address names: its kind (经济技术开发区 …), or its name; null for none.

    A zone may be called like a district, 某某区 behind its city: it is one if no district of the
    country bears the name (``districts``).
    """
    text = pl.col("text")
    frame = cleaned.rename("text").to_frame().with_row_index("row")
    some = frame.filter(text.str.contains(_MAY_BE))
    kind = text.str.head(40).str.extract_many(list(ENDINGS), leftmost=True).list.first()
    behind = text.str.head(20).str.splitn("市", 2).struct[1]
    called = [
        pl.when(behind.str.slice(size - 1, 1) == "区").then(behind.str.head(size))
        for size in range(_SHORTEST, _LONGEST + 1)
    ]
    named = some.select("row", kind=kind, name=pl.coalesce(*called))
    name = pl.col("name")
    zone = pl.any_horizontal(*(name.str.ends_with(each) for each in _AS_DISTRICTS))
    zone &= ~name.is_in(districts.implode())
    found = named.select("row", zone=pl.coalesce("kind", pl.when(zone).then(name)))
    return frame.select("row").join(found, on="row", how="left", maintain_order="left")["zone"]
