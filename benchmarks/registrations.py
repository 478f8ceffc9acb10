"""Makes registration files of any size: invented, valid codes, the mess of real exports."""

from pathlib import Path

import numpy as np
import polars as pl

from liangxin import divisions
from liangxin.ids import uscc

DISTRICT = "430702"
TYPES = (
    "",
    "",
    "",
    "有限责任公司(自然人投资或控股)",
    "有限责任公司(自然人独资)",
    "个人独资企业",
    "有限责任公司",
)
CAPITAL = ("", "50(万元人民币)", "100(万元人民币)", "1,500(万)", "40万人民币", "200(万元)")
STATUS = ("", "存续（在营、开业、在册）", "开业", "在业")
BRAND = "沅澧棹砚禾瓴岫汀筱蘅芷荻杳澹泠皋埠笠楫磬篁霁暄昶珩琨璟瑭翊翀"
TRADES = ("商贸", "科技", "餐饮管理", "建材", "物流", "文化传媒", "医疗器械", "装饰工程")
ROADS = ("沅汀路", "砚池街", "棹歌巷", "芷皋路", "荻花街", "霁月路", "篁里路", "昶明大道")


def codes(size: int, chance: np.random.Generator) -> pl.Series:
    """Valid codes, all different, in no order."""
    alphabet = np.frombuffer(uscc.ALPHABET.encode(), dtype=np.uint8)
    number = chance.permutation(size * 7)[:size].astype(np.int64)
    body = np.stack([(number // 31**place) % 31 for place in range(6)], axis=1)
    head = np.tile([uscc.ALPHABET.index(c) for c in "91430702MQ"], (size, 1))
    letters = np.concatenate([head, body[:, ::-1]], axis=1)
    raw = alphabet[letters[:, 8:16]]
    value = np.where(raw >= 65, raw - 55, raw - 48).astype(np.int64)
    want = 11 - value @ np.array((3, 7, 9, 10, 5, 8, 4, 2)) % 11
    inner = np.where(want == 10, uscc.ALPHABET.index("X"), np.where(want == 11, 0, want))
    first17 = np.concatenate([letters, inner[:, None]], axis=1)
    check = -(first17 @ np.array(uscc.WEIGHTS)) % 31
    table = alphabet[np.concatenate([first17, check[:, None]], axis=1)]
    return pl.Series(np.ascontiguousarray(table).view("S18").ravel().astype("U18").tolist())


def make(size: int, *, seed: int = 1) -> pl.DataFrame:
    """A market regulator's export of ``size`` firms of one district."""
    chance = np.random.default_rng(seed)
    listed = divisions.shipped()
    communities = listed.filter(
        (pl.col("level") == "community") & pl.col("code").str.starts_with(DISTRICT)
    ).join(listed.select(parent_code="code", town="name"), on="parent_code")
    pick = pl.Series(chance.integers(0, communities.height, size))
    place = communities[pick]
    days = pl.Series(chance.integers(5_000, 18_500, size)).cast(pl.Int32).cast(pl.Date)
    shape = pl.Series(chance.random(size))

    def some(words: tuple[str, ...] | str) -> pl.Series:
        return pl.Series(list(words))[pl.Series(chance.integers(0, len(words), size))]

    brand = some(BRAND) + some(BRAND) + some(BRAND) + some(BRAND)
    road = some(ROADS) + pl.Series(chance.integers(1, 999, size)).cast(pl.String) + "号"
    town = pl.select(
        pl.when(shape < 0.82).then(place["town"]).otherwise(pl.lit(""))
        + pl.when(shape < 0.9).then(place["name"]).otherwise(pl.lit(""))
    ).to_series()
    return pl.DataFrame(
        {
            "企业名称": "常德市" + brand + some(TRADES) + "有限公司",
            "统一社会信用代码": codes(size, chance),
            "企业类型": some(TYPES),
            "成立日期": days.cast(pl.String),
            "注册资本": some(CAPITAL),
            "住所": "湖南省常德市武陵区" + town + road,
            "登记状态": some(STATUS),
            "行政区划": [DISTRICT] * size,
        }
    )


def write(path: Path, size: int, *, seed: int = 1) -> None:
    """Write a file of ``size`` rows, as UTF-8 CSV."""
    make(size, seed=seed).write_csv(path)
