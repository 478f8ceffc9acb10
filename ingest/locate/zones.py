"""Functional zones: areas that run sub-districts and are no division of the state. Pure.

Their addresses name the zone and never the district (domain.md 8.3). Recognised by how their
names end, anywhere in the country; what stands before the ending is not needed.
"""

import polars as pl

ENDINGS = (
    *("经济技术开发区", "高新技术产业开发区", "高新技术开发区", "经济开发区", "旅游度假区", "旅游开发区"),
    *("综合保税区", "保税区", "出口加工区", "高新区", "经开区", "示范区", "度假区", "开发区", "工业园区"),
)  # fmt: skip


def zones_named(cleaned: pl.Series) -> pl.Series:
    """The functional zone each address names (its kind: 经济技术开发区 …); null for none."""
    found = pl.col("text").str.head(40).str.extract_many(list(ENDINGS), leftmost=True).list.first()
    return cleaned.rename("text").to_frame().select(found.alias("zone")).to_series()
