"""Two districts of a city that does not exist, and what their known addresses teach."""

from functools import cache

import polars as pl

from ingest.locate import locating
from ingest.locate.locating import Ground, prepare

HOME, NORTH, SOUTH, EAST = "999999", "999999001", "999999002", "999999003"
NEIGHBOUR = "999998"


@cache
def places() -> pl.DataFrame:
    """Two districts of a city that does not exist."""
    rows = [
        ("35", "福建省", "province", None),
        ("3501", "福州市", "city", "35"),
        ("350102", "鼓楼区", "district", "3501"),
        ("99", "示例省", "province", None),
        ("9999", "示例市", "city", "99"),
        (HOME, "示例区", "district", "9999"),
        (NEIGHBOUR, "邻居区", "district", "9999"),
        (NORTH, "沅北街道", "subdistrict", HOME),
        (SOUTH, "沅南街道", "subdistrict", HOME),
        (EAST, "桃花源镇", "subdistrict", HOME),
        ("999998100", "石桥镇", "subdistrict", NEIGHBOUR),
        ("999999001001", "柳岸社区", "community", NORTH),
        ("999999002001", "橘洲社区", "community", SOUTH),
        ("999999003001", "杏坪社区", "community", EAST),
    ]
    return pl.DataFrame(rows, schema=["code", "name", "level", "parent_code"], orient="row")


@cache
def known() -> pl.DataFrame:
    """Addresses whose sub-district is known: buildings, and a road that runs through two of them."""
    rows = [(f"示例市示例区沅北街道枫林路8号翠湖大厦{n}室", NORTH) for n in range(40)]
    for n, sign in enumerate("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥乾坤离坎震艮巽兑"):
        rows += [
            (f"示例市示例区沅南街道橘洲社区银杏路{2 * n + 1}号{sign}银花园{room}", SOUTH)
            for room in (101, 102, 103)
        ]
        rows += [
            (f"示例市示例区沅北街道枫林路{2 * n + 20}号{sign}湖大厦", NORTH),
            (f"示例市示例区桃花源镇杏坪社区杏坪新村{sign}组", EAST),
            (f"示例市示例区沅北街道长河大道{4 * n}号", NORTH),
            (f"示例市示例区沅南街道长河大道{2000 + 4 * n}号", SOUTH),
        ]
    return pl.DataFrame(rows, schema=["address", "subdistrict_code"], orient="row")


@cache
def ground() -> Ground:
    return prepare(places(), known())


def found(address: str | None, *, sure: float = 0.7, district: str = HOME) -> dict[str, object]:
    addresses = pl.Series([address], dtype=pl.String)
    return locating.locate(addresses, ground(), district=district, min_confidence=sure).row(
        0, named=True
    )
