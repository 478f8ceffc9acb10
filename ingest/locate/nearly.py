"""Names that are nearly a sub-district's: another kind (镇 for 街道), or one character away. Pure.

And villages and communities that are nearly one of today's: 关天坪村 of a community, 官天坪社区 for it.
Looked for only right behind the district's name, where a sub-district stands, and only within
that district. 城东 is not 城西 with a slip of the pen: characters that set places apart are never
taken for each other, and of two characters one may differ only where it looks or sounds alike.
"""

from functools import lru_cache

import polars as pl

from ingest.locate.gazetteer import COMMUNITY_ENDINGS, VILLAGE_ENDINGS, Gazetteer
from ingest.locate.sounds import sound_alike
from ingest.locate.zones import ENDINGS

BY_VILLAGE, BY_KIND = "village", "renamed_kind"
BY_VILLAGE_ALONE, BY_SLIP, BY_WILD_SLIP = "village_alone", "typo", "typo_unlike"
BY_COMMUNITY_SLIP = "community_typo"
#: What names a community or village and no sub-district, and may be another one of before.
OF_PLACES = (BY_VILLAGE, BY_VILLAGE_ALONE, BY_COMMUNITY_SLIP)
#: Villages become communities, towns sub-districts, and keep their name; the edge may move a little.
#: Without the town's old name before it a village may be another one, gone since: of 127 rows of three districts whose sub-district is known 112 were right,
#: and one more is counted as wrong. A slip that neither looks nor sounds alike was wrong in 2 of 22 rows looked at.
#: A community's name of three characters or more, one of them sounding like another: of 47 in addresses
#: all over China that name their sub-district, 44 were the one community of the district that is so called.
CONFIDENCE = {
    BY_VILLAGE: 0.975,
    BY_KIND: 0.975,
    BY_SLIP: 0.975,
    BY_VILLAGE_ALONE: 112 / 128,
    BY_WILD_SLIP: 0.9,
    BY_COMMUNITY_SLIP: 44 / 48,
}
_KINDS = ("街道办事处", "办事处", "街道", "镇", "乡", "街办", "苏木")
#: Called so in the lists only: the 地区 of Beijing are 镇 and 乡 in every address of theirs.
_LISTED = "地区"
#: Tell places apart wherever they stand.
_APART = "东南西北中上下前后内外左右大小新老旧高低一二三四五六七八九十甲乙丙丁"
#: Written for each other. Of two-character names only these count.
_ALIKE = (
    *("洲州", "洑伏", "傅付", "圩墟", "坪平", "桥侨", "湾弯", "岗冈", "塘糖", "陂坡", "堰偃", "埠阜", "垭哑"),
    *("坝埧", "溪奚", "沟勾", "阳杨", "园圆", "园元", "荔茘", "磡勘", "廖寥", "莲连", "梅眉", "洞峒", "硖峡"),
    *("汗汉", "邱丘", "洋羊", "元源", "丰风", "星兴", "嶷疑", "齐奇", "子字", "卜堡", "合哈", "竿筸", "麻蔴"),
)  # fmt: skip
_PAIRS = frozenset(_ALIKE) | frozenset(pair[::-1] for pair in _ALIKE)
_LONGEST = 9
#: A zone's name as it stands in front: 开发区, or 某湖区 behind its city.
_ZONE_IN_FRONT = rf"^.{{0,14}}?(?:{'|'.join(ENDINGS)}|市[\u4e00-\u9fff]{{2,4}}区)(.+)$"
_COMMUNITY_ENDING = f"(?:{'|'.join((*COMMUNITY_ENDINGS, *VILLAGE_ENDINGS))})"
_COMMUNITY_IN_FRONT = rf"^([\u4e00-\u9fff]{{3,6}}?){_COMMUNITY_ENDING}"


def nearly(rows: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Place rows that name a district and, right behind it, nearly one of its sub-districts."""
    lost = rows.select("row", "district_code", "subdistrict_code", "cleaned").filter(
        pl.col("subdistrict_code").is_null() & pl.col("district_code").is_not_null()
    )
    behind = _behind(lost, gazetteer)
    written = _written_behind(behind)
    beyond = _behind_zone(lost, gazetteer)
    after = pl.concat([_after_town(behind, written), _after_town(beyond, _written_behind(beyond))])
    stems = _stems(gazetteer)
    village = _villages(behind, after, gazetteer)
    kind = written.join(stems, on=["district_code", "stem"]).with_columns(how=pl.lit(BY_KIND))
    rest = written.join(stems, on=["district_code", "stem"], how="anti")
    slips = _slips(
        rest.select("district_code", "stem").unique().sort("district_code", "stem"), stems
    )
    slip = rest.join(slips, on=["district_code", "stem"])
    community = _community_slips(pl.concat([after, behind]), gazetteer)
    columns = ["row", "how", "subdistrict_code", "text"]
    found = pl.concat([each.select(columns) for each in (village, kind, slip, community)])
    found = _not_against_old(found.rename({"subdistrict_code": "near", "text": "near_text"}), rows)
    near = pl.col("near").is_not_null()
    sure = pl.col("how").replace_strict(CONFIDENCE, default=None, return_dtype=pl.Float64)
    # Of the few that are another place a quarter would be in what the old name beside it became.
    sure = pl.when("borne_out").then(CONFIDENCE[BY_VILLAGE]).otherwise(sure)
    return (
        rows.join(found, on="row", how="left", maintain_order="left")
        .with_columns(
            subdistrict_code=pl.coalesce("subdistrict_code", "near"),
            location_method=pl.when(near).then("how").otherwise("location_method"),
            location_confidence=pl.when(near).then(sure).otherwise("location_confidence"),
        )
        .drop("near", "how", "borne_out")
    )


def _not_against_old(found: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The first reading of each row that an old name in it allows, and whether that bears it out."""
    split = (pl.col("parts") > 1).fill_null(value=False)
    within = pl.col("candidates").list.contains(pl.col("near"))
    of_community = pl.col("how") == BY_COMMUNITY_SLIP
    return (
        found.join(rows.select("row", "parts", "candidates"), on="row", maintain_order="left")
        .filter(pl.col("how").is_in(OF_PLACES) | ~split)
        .filter(~of_community | within.fill_null(value=True))
        .with_columns(borne_out=(of_community & within).fill_null(value=False))
        .drop("parts", "candidates")
        .unique("row", keep="first", maintain_order=True)
    )


def _behind(lost: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """What stands behind the district's name: ``row, district_code, rest``."""
    districts = gazetteer.areas.filter(pl.col("level") == "district").select(
        district_code="code", district_name="name"
    )
    rest = pl.col("cleaned").str.splitn(pl.col("district_name"), 2).struct[1].str.head(2 * _LONGEST)
    return (
        lost.join(districts, on="district_code", maintain_order="left")
        .select("row", "district_code", rest=rest)
        .filter(pl.col("rest").is_not_null())
    )


def _behind_zone(lost: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """What stands behind a zone's name where no district is named: the columns of ``behind``.

    Not where it is a town of another district of the city.
    """
    areas = gazetteer.areas.filter(pl.col("level") == "district")
    rest = pl.col("cleaned").str.extract(_ZONE_IN_FRONT).str.head(2 * _LONGEST)
    beyond = (
        lost.join(areas.select(district_code="code", named="name"), on="district_code")
        .filter(~pl.col("cleaned").str.contains(pl.col("named"), literal=True))
        .select("row", "district_code", rest=rest)
        .filter(pl.col("rest").is_not_null())
    )
    towns = gazetteer.towns.select(
        text="name", city=pl.col("district_code").str.head(4), other="district_code"
    )
    written = _written_behind(beyond).with_columns(city=pl.col("district_code").str.head(4))
    others = written.join(towns, on=["city", "text"]).filter(
        pl.col("other") != pl.col("district_code")
    )
    return beyond.join(others, on="row", how="anti")


def _after_town(behind: pl.DataFrame, written: pl.DataFrame) -> pl.DataFrame:
    """What stands behind what is written as a sub-district: the columns of ``behind``."""
    town = behind.join(written.select("row", town="text"), on="row")
    after = pl.col("rest").str.slice(pl.col("town").str.len_chars())
    return town.select("row", "district_code", rest=after)


def _villages(behind: pl.DataFrame, after: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Villages that are communities today, behind the district or behind what was its town."""
    today = _villages_of_before(gazetteer)
    both = pl.concat(
        [
            after.with_columns(how=pl.lit(BY_VILLAGE)),
            behind.with_columns(how=pl.lit(BY_VILLAGE_ALONE)),
        ]
    ).filter(pl.col("rest").str.contains("村", literal=True))
    tries = [
        both.select("row", "district_code", "how", text=pl.col("rest").str.head(size)).join(
            today.filter(pl.col("text").str.len_chars() == size), on=["district_code", "text"]
        )
        for size in range(3, _LONGEST + 1)
    ]
    return pl.concat(tries).unique("row", keep="first", maintain_order=True)


@lru_cache(maxsize=4)
def _villages_of_before(gazetteer: Gazetteer) -> pl.DataFrame:
    """Villages whose name only a community bears today: ``district_code, subdistrict_code, text``."""
    stem = pl.col("name").str.replace("(?:社区|居委会|社区居委会)$", "")
    return (
        gazetteer.communities.filter(pl.col("name").str.ends_with("社区"))
        .select("district_code", "subdistrict_code", text=stem + "村")
        .join(
            gazetteer.communities,
            left_on=["district_code", "text"],
            right_on=["district_code", "name"],
            how="anti",
        )
        .filter(
            (pl.col("subdistrict_code").n_unique().over("district_code", "text") == 1)
            & (pl.col("text").str.len_chars() >= 3)
        )
        .unique()
    )


def _written_behind(behind: pl.DataFrame) -> pl.DataFrame:
    """What is written as a sub-district right behind the district: ``row, district_code, text, stem``."""
    ends = pl.any_horizontal(*(pl.col("text").str.ends_with(kind) for kind in _KINDS))
    some = behind.filter(pl.col("rest").str.head(_LONGEST).str.contains_any([*_KINDS]))
    tries = [
        some.select("row", "district_code", text=pl.col("rest").str.head(size)).filter(
            ends & (pl.col("text").str.len_chars() == size)
        )
        for size in range(3, _LONGEST + 1)
    ]
    # The shortest that is a name, then as much office behind it as there is: 白马湖街道办事处.
    found = pl.concat(tries).unique("row", keep="first", maintain_order=True)
    return found.with_columns(stem=_stem(pl.col("text"))).filter(
        pl.col("stem").str.len_chars() >= 2
    )


def _stem(text: pl.Expr) -> pl.Expr:
    return text.str.replace(f"(?:{'|'.join(_KINDS)})$", "")


@lru_cache(maxsize=4)
def _stems(gazetteer: Gazetteer) -> pl.DataFrame:
    """Sub-districts by their name without its kind, where only one of the district has it."""
    one = pl.col("subdistrict_code").n_unique().over("district_code", "stem") == 1
    return (
        gazetteer.towns.select(
            "district_code",
            "subdistrict_code",
            stem=_stem(pl.col("name").str.strip_suffix(_LISTED)),
        )
        .filter((pl.col("stem").str.len_chars() >= 2) & one)
        .unique()
        .sort("district_code", "stem")
    )


def _community_slips(rests: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Communities and villages written as one of today's but for a character that sounds alike."""
    stems = _community_stems(gazetteer)
    here = rests.filter(pl.col("district_code").is_in(stems["district_code"].unique().implode()))
    asked = here.select(
        "row", "district_code", text=pl.col("rest").str.extract(_COMMUNITY_IN_FRONT, 0)
    ).filter(pl.col("text").is_not_null())
    asked = asked.with_columns(stem=pl.col("text").str.extract(_COMMUNITY_IN_FRONT))
    names = asked.select("district_code", "stem").unique().sort("district_code", "stem")
    near = [
        (district, stem, code)
        for district, stem, code, today in _one_apart(names, stems).iter_rows()
        if is_slip(stem, today) and _read_alike(stem, today)
    ]
    schema = dict.fromkeys(("district_code", "stem", "subdistrict_code"), pl.String)
    found = pl.DataFrame(near, schema=schema, orient="row").with_columns(
        how=pl.lit(BY_COMMUNITY_SLIP)
    )
    one = found.filter(pl.len().over("district_code", "stem") == 1)
    return asked.join(one, on=["district_code", "stem"], maintain_order="left")


@lru_cache(maxsize=4)
def _community_stems(gazetteer: Gazetteer) -> pl.DataFrame:
    """Communities of three characters or more: ``district_code, stem, subdistrict_code``."""
    return (
        gazetteer.communities.select(
            "district_code",
            "subdistrict_code",
            stem=pl.col("name").str.extract(f"^(.{{3,6}}?){_COMMUNITY_ENDING}$"),
        )
        .filter(pl.col("stem").is_not_null())
        .unique()
        .sort("district_code", "stem", "subdistrict_code")
    )


def _slips(written: pl.DataFrame, stems: pl.DataFrame) -> pl.DataFrame:
    """The one sub-district of the district whose name is one character away: few names, one by one."""
    near = [
        (district, stem, code, BY_SLIP if is_slip(stem, today, alike=True) else BY_WILD_SLIP)
        for district, stem, code, today in _one_apart(written, stems).iter_rows()
        if is_slip(stem, today)
    ]
    schema = dict.fromkeys(("district_code", "stem", "subdistrict_code", "how"), pl.String)
    found = pl.DataFrame(near, schema=schema, orient="row")
    return found.filter(pl.len().over("district_code", "stem") == 1)


def _one_apart(written: pl.DataFrame, stems: pl.DataFrame) -> pl.DataFrame:
    """Names as written with those of today one character away: ``district_code, stem,
    subdistrict_code, stem_today``.
    """
    size = pl.col("stem").str.len_chars()
    pairs = written.with_columns(size=size).join(
        stems.with_columns(size=size), on=["district_code", "size"], suffix="_today"
    )
    # One character apart, counted for all pairs at once; what is left is looked at one by one.
    longest = max([2, *pairs["size"]])
    apart = pl.sum_horizontal(
        (pl.col("stem").str.slice(at, 1) != pl.col("stem_today").str.slice(at, 1)).cast(pl.Int32)
        for at in range(longest)
    )
    return pairs.filter(apart == 1).select(
        "district_code", "stem", "subdistrict_code", "stem_today"
    )


def is_slip(written: str, today: str, *, alike: bool = False) -> bool:
    """Whether one name, equally long, is the other with one character mistaken (for one ``alike``)."""
    differ = [(a, b) for a, b in zip(written, today, strict=True) if a != b]
    if len(differ) != 1:
        return False
    [(a, b)] = differ
    if alike or len(today) == 2:
        return a + b in _PAIRS
    return not (a in _APART and b in _APART)


def _read_alike(written: str, today: str) -> bool:
    """Whether each character is the other name's, or looks or sounds like it."""
    pairs = [(a, b) for a, b in zip(written, today, strict=True) if a != b]
    return all(a + b in _PAIRS or sound_alike(a, b) for a, b in pairs)
