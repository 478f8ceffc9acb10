"""The search for learned names: what it finds, where, and the house numbers behind."""

import numpy as np
import polars as pl

from ingest.locate.cleaning import CUT
from ingest.locate.evidence import NO_NUMBER, numbers_at
from ingest.locate.searching import Search, Text
from ingest.locate.teaching import number_at_start


def test_names_are_found_in_every_text_with_those_that_lie_in_them():
    texts = pl.Series(["南海大道南海大道", "", "海大", "无名路A栋海", "𠅤海大道"])
    keys = pl.Series(["大道", "海大", "南海大道", "道南", "海", "𠅤海"])
    text = Text.of(texts)
    hits = Search(keys).find(text)
    found = [
        (int(row), keys[int(key)], int(start - text.begins[row]))
        for row, key, start in zip(hits.row, hits.key, hits.start, strict=True)
    ]
    wanted = (
        texts.to_frame("text")
        .with_row_index("row")
        .select(
            "row", key=pl.col("text").str.extract_many(pl.lit(keys).implode(), overlapping=True)
        )
        .explode("key", empty_as_null=False)
    )
    assert [(row, key) for row, key, _ in found] == wanted.rows()
    assert all(texts[row][start : start + len(key)] == key for row, key, start in found)


def test_many_names_are_found_though_their_places_in_the_table_coincide():
    rng = np.random.default_rng(0)
    drawn = rng.integers(0x4E00, 0x4E40, size=(3_000, 4))
    keys = pl.Series("key", ["".join(map(chr, each)) for each in drawn]).unique().sort()
    hits = Search(keys).find(Text.of(keys))
    assert (hits.key == hits.row).all()
    assert hits.key.size == keys.len()


def test_nothing_is_found_where_nothing_is_looked_for_or_in():
    nothing = pl.Series([], dtype=pl.String)
    assert Search(nothing).find(Text.of(pl.Series(["南海大道"]))).key.size == 0
    assert Search(pl.Series(["南海大道"])).find(Text.of(nothing)).key.size == 0


def test_a_name_stands_apart_where_no_chinese_character_touches_it():
    text = Text.of(pl.Series(["六巷", "南六巷", "六巷里", f"A{CUT}六巷7", "巷"]))
    hits = Search(pl.Series(["六巷"])).find(text)
    assert text.is_apart(hits.start, hits.end).tolist() == [True, False, False, True]


def test_a_house_number_is_read_alike_in_one_text_and_behind_a_name():
    behind = [
        "12号",
        f"{CUT}东段0012号",
        "(3",
        "000",
        "",
        "号",
        "12345",
        "123456",
        "东段000000123号",
    ]
    behind += ["一号", f"{CUT}{CUT}5", "99999", "东南西北中段(0007", "4"]
    wanted = pl.DataFrame({"text": behind}).select(
        number_at_start(pl.col("text")).fill_null(NO_NUMBER)
    )
    text = Text.of(pl.Series(["路" + each for each in behind]))
    assert numbers_at(text, text.begins + 1).tolist() == wanted["text"].to_list()
