"""Type text and code decide the ownership class, status text its code; the unknown is left open."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import a_uscc
from hypothesis import given, settings
from hypothesis import strategies as st

from liangxin import classify

ENTERPRISE = a_uscc(prefix="91")


def one(expression: pl.Expr, **cells: str | None) -> str | None:
    """What an expression says of a single row."""
    row = pl.DataFrame({k: [v] for k, v in cells.items()}, schema=dict.fromkeys(cells, pl.String))
    found: str | None = row.select(expression).item()
    return found


def ownership(
    text: str | None,
    code: str | None = ENTERPRISE,
    *,
    type_code: str | None = None,
    name: str | None = None,
    code_book: str | None = None,
) -> str:
    owned = classify.ownership(
        pl.col("code"),
        pl.col("text"),
        pl.col("type_code"),
        name=pl.col("name"),
        code_book=code_book,
    )
    return str(one(owned, code=code, text=text, type_code=type_code, name=name))


def status(text: str | None, code_book: str | None = None) -> str | None:
    return one(classify.status(pl.col("text"), code_book), text=text)


def status_fault(text: str | None, code_book: str | None = None) -> str | None:
    return one(classify.status_fault(pl.col("text"), code_book), text=text)


def kind(code: str | None) -> str:
    return str(one(classify.kind(pl.col("code")), code=code))


def political(text: str | None, code_book: str | None = None) -> tuple[str | None, str | None]:
    code, fault = classify.political_status(pl.col("text"), code_book)
    return one(code, text=text), one(fault, text=text)


def social(
    prefix: str | None, text: str | None, name: str | None = None
) -> tuple[str | None, str | None]:
    cells = {"code": prefix and a_uscc(prefix=prefix), "text": text, "name": name}
    code, words = pl.col("code"), pl.col("text")
    found = one(classify.social_kind(code, words, pl.col("name")), **cells)
    return found, one(classify.social_fault(code, words), **cells)


@pytest.fixture(scope="session")
def vectors(shared_data: Path) -> dict[str, Any]:
    file = shared_data.parent / "vectors.json"
    if not file.exists():
        pytest.skip("no vectors beside the checkout (../shared/vectors.json)")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["normalisation"]
    return found


@pytest.mark.parametrize(
    ("text", "owned"),
    [
        ("有限责任公司(自然人独资)", "NONPUBLIC"),
        ("有限责任公司（自然人独资）", "NONPUBLIC"),
        (" 有限责任公司 (自然人独资)\n", "NONPUBLIC"),
        ("有限责任公司(国有独资)", "PUBLIC"),
        ("有限责任公司(国有控股)", "PUBLIC"),
        ("全民所有制", "PUBLIC"),
        ("集体所有制", "COLLECTIVE"),
        ("普通合伙企业", "NONPUBLIC"),
        ("农民专业合作社", "COOPERATIVE"),
        ("个体工商户", "INDIVIDUAL"),
        ("分公司", "BRANCH"),
        ("有限责任公司", "REVIEW"),
        ("从未见过的类型", "REVIEW"),
        ("", "REVIEW"),
        (None, "REVIEW"),
    ],
)
def test_an_enterprise_is_owned_as_its_type_says(text: str | None, owned: str) -> None:
    assert ownership(text) == owned


@pytest.mark.parametrize(
    ("prefix", "owned", "is_a"),
    [
        ("51", "SOCIAL", "social"),
        ("52", "SOCIAL", "social"),
        ("53", "SOCIAL", "social"),
        ("31", "SOCIAL", "social"),  # law firms, as the national statistics count them
        ("92", "INDIVIDUAL", "enterprise"),
        ("93", "COOPERATIVE", "enterprise"),
        ("11", "OUTSIDE", "other"),
        ("12", "OUTSIDE", "other"),
        ("54", "OUTSIDE", "other"),
        ("81", "OUTSIDE", "other"),
        ("A1", "OUTSIDE", "other"),
        ("N2", "OUTSIDE", "other"),
    ],
)
def test_the_kind_of_code_settles_it_where_it_can(prefix: str, owned: str, is_a: str) -> None:
    code = a_uscc(prefix=prefix)
    for text in ("有限责任公司(自然人独资)", "从未见过的类型", None):
        assert ownership(text, code) == owned
    assert kind(code) == is_a


def test_an_enterprise_is_of_that_kind_whatever_it_is_called() -> None:
    assert kind(ENTERPRISE) == "enterprise"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("存续", "1"),
        ("存续（在营、开业、在册）", "1"),
        ("吊销，未注销", "2"),
        ("吊销,已注销", "3"),
        (" 注销 ", "4"),
        ("撤销", "5"),
        ("迁往外省市", "6"),
        ("其他", "9"),
        ("搬走了", None),
        ("", None),
        (None, None),
    ],
)
def test_a_status_text_has_its_exchange_code(text: str | None, code: str | None) -> None:
    assert status(text) == code


def test_no_text_of_the_tables_means_two_things() -> None:
    for name, meaning in (("enterprise_types.csv", "class"), ("statuses.csv", "code")):
        table = classify.table(name).with_columns(plain=classify.plain(pl.col("text")))
        several = (
            table.group_by("plain").agg(pl.col(meaning).n_unique()).filter(pl.col(meaning) > 1)
        )
        assert several.is_empty(), several


def test_every_text_of_the_tables_is_found_as_it_is_printed() -> None:
    types = classify.table("enterprise_types.csv")
    assert [ownership(text) for text in types["text"]] == types["class"].to_list()
    statuses = classify.table("statuses.csv")
    assert [status(text) for text in statuses["text"]] == statuses["code"].to_list()


def test_the_published_type_texts_are_classed_right(vectors: dict[str, Any]) -> None:
    for case in vectors["enterprise_type_text"]:
        assert ownership(case["input"]) == case["class"], case


def test_the_published_status_texts_have_their_codes(vectors: dict[str, Any]) -> None:
    for case in vectors["registration_status_text"]:
        assert status(case["input"]) == case["code"], case


def test_the_published_political_statuses_have_their_codes(vectors: dict[str, Any]) -> None:
    for case in vectors["political_status_text"]:
        code, fault = political(case["input"])
        wanted = (None, "not_a_status") if case["code"] == "REVIEW" else (case["code"], "")
        assert (code, fault) == wanted, case


# Enterprise types: text first, code second.


@pytest.mark.parametrize(
    ("text", "owned"),
    [
        ("股份有限公司【上市，自然人投资或控股】", "NONPUBLIC"),
        ("股份有限公司(上市、自然人投资或控股)", "NONPUBLIC"),
        ("有限责任公司－自然人独资", "NONPUBLIC"),
        ("有限责任公司（港澳台投资、非独资）", "NONPUBLIC_CHECK_CONTROL"),
        ("有限责任公司(外商投资,非独资)", "NONPUBLIC_CHECK_CONTROL"),
        ("股份有限公司（外商投资、上市）", "NONPUBLIC_CHECK_CONTROL"),
        ("有限责任公司（港澳台与境内合资）", "NONPUBLIC_CHECK_CONTROL"),
        ("有限责任公司(法人独资)", "REVIEW"),
        ("个体工商户(个人经营)", "INDIVIDUAL"),
        ("某某分公司(自然人投资或控股)", "BRANCH"),  # in no table, but part of another it is
        ("有限责任公司/分支机构", "BRANCH"),
        ("有限责任公司(自然人独资?)", "REVIEW"),
        ("218.6(万元人民币)", "REVIEW"),
        ("无", "REVIEW"),
    ],
)
def test_a_type_is_known_in_the_signs_of_any_publisher(text: str, owned: str) -> None:
    assert ownership(text) == owned


@pytest.mark.parametrize(
    ("text", "type_code", "owned"),
    [
        (None, "1130", "NONPUBLIC"),
        ("", "1140.0", "PUBLIC"),
        ("从未见过的类型", "3200", "COLLECTIVE"),
        ("有限责任公司", "1130", "NONPUBLIC"),  # the code is beneath the general text
        ("一人有限责任公司", "1151", "NONPUBLIC"),
        ("内资公司", "1213", "PUBLIC"),
        ("有限责任公司", "1222", "REVIEW"),  # a code of companies limited by shares
        ("其他有限责任公司", "1130", "REVIEW"),
        ("其他", "9999", "REVIEW"),
        ("有限责任公司（法人独资）", "1152", "REVIEW"),  # filed so, and still nobody's guess
        ("有限责任公司(自然人投资或控股)", "1223", "NONPUBLIC"),  # the text comes first
        (None, "180", "REVIEW"),
        (None, "私营", "REVIEW"),
        (None, None, "REVIEW"),
    ],
)
def test_a_code_settles_only_what_the_text_leaves_open(
    text: str | None, type_code: str | None, owned: str
) -> None:
    assert ownership(text, type_code=type_code) == owned


@pytest.mark.parametrize(
    ("text", "type_code", "fault"),
    [
        ("有限责任公司(自然人投资或控股)", "1223", "disagree"),
        ("有限责任公司分公司", "1130", "disagree"),
        ("有限责任公司(自然人独资)", "1151", ""),
        ("有限责任公司(自然人独资)", "1130", ""),
        ("有限责任公司(法人独资)", "1152", ""),
        ("有限责任公司(自然人独资)", "1190", ""),
        ("有限责任公司(自然人独资)", "0001", ""),
        ("有限责任公司(自然人独资)", None, ""),
        ("从未见过的类型", "1130", ""),
        (None, "1130", ""),
    ],
)
def test_text_and_code_of_two_classes_disagree(
    text: str | None, type_code: str | None, fault: str
) -> None:
    found = classify.type_disagreement(pl.col("text"), pl.col("type_code"))
    assert one(found, text=text, type_code=type_code) == fault


def test_every_code_of_the_list_is_known_as_the_vectors_class_it(shared_data: Path) -> None:
    file = shared_data.parent / "vectors.json"
    if not file.exists():
        pytest.skip("no vectors beside the checkout (../shared/vectors.json)")
    rows = json.loads(file.read_text(encoding="utf-8"))["tables"]["enterprise_type"]["rows"]
    assert len(rows) == 181
    for row in rows:
        wanted = "REVIEW" if row["class"] == "HEAD" else row["class"]
        assert ownership(None, type_code=row["code"]) == wanted, row
        assert ownership(row["name"]) == wanted, row


def test_digits_for_a_type_mean_nothing_until_their_code_book_is_declared() -> None:
    def fault(text: str | None, code_book: str | None = None) -> str | None:
        return one(classify.type_fault(pl.col("text"), code_book), text=text)

    assert (ownership("1130"), fault("1130")) == ("REVIEW", "bare_code")
    assert (ownership("１１３０", code_book="gb"), fault("１１３０", "gb")) == ("NONPUBLIC", "")
    assert (ownership("180", code_book="gb"), fault("180", "gb")) == ("REVIEW", "unknown")
    assert fault("从未见过的类型") == "unknown"
    assert fault("其他有限责任公司") == fault("") == fault(None) == fault("无") == ""


def test_a_code_book_that_does_not_exist_is_a_mistake_of_ours() -> None:
    text = pl.col("text")
    for ask in (
        lambda: classify.type_class(text, code_book="other"),
        lambda: classify.type_fault(text, "other"),
        lambda: classify.type_disagreement(text, text, code_book="other"),
        lambda: classify.ownership(text, text, code_book="other"),
        lambda: classify.status(text, "other"),
        lambda: classify.political_status(text, "other"),
    ):
        with pytest.raises(ValueError, match="code book"):
            ask()


# Professional firms.


@pytest.mark.parametrize(
    ("prefix", "name", "profession"),
    [
        ("31", "湖南示例律师事务所", "law"),
        ("31", "示例", "law"),
        ("91", "常德示例会计师事务所（特殊普通合伙）", "accounting"),
        ("91", "常德示例联合会计师事务所(普通合伙)", "accounting"),
        ("91", "常德示例会计师事务所有限责任公司", "accounting"),
        ("91", "示例会计师事务所（湖南）有限公司", "accounting"),
        ("91", "常德示例税务师事务所有限公司", "tax"),
        ("91", "常德示例税务师事务所 (有限责任公司)", "tax"),
        ("91", "常德示例会计服务有限公司", ""),
        ("91", "常德示例代理记账有限公司", ""),
        ("91", "示例会计师事务所（特殊普通合伙）常德分所", ""),
        ("91", "示例会计师事务所（常德分所）", ""),
        ("91", "示例税务师事务所有限公司常德分公司", ""),
        ("91", "示例建筑师事务所有限公司", ""),
        ("31", "示例律师事务所常德分所", ""),
        ("92", "示例税务师事务所", ""),
        (None, "示例税务师事务所", ""),
        ("91", None, ""),
    ],
)
def test_a_professional_firm_is_known_by_how_its_name_ends(
    prefix: str | None, name: str | None, profession: str
) -> None:
    found = classify.professional(pl.col("code"), pl.col("name"))
    code = prefix and a_uscc(prefix=prefix)
    assert one(found, code=code, name=name) == profession
    if profession:
        assert one(classify.kind(pl.col("code"), pl.col("name")), code=code, name=name) == "social"
        assert ownership(None, code, name=name) == "SOCIAL"


@pytest.mark.parametrize(
    ("text", "name", "owned"),
    [
        ("特殊普通合伙企业", "示例会计师事务所（特殊普通合伙）", "SOCIAL"),
        ("有限责任公司", "示例税务师事务所有限公司", "SOCIAL"),
        ("特殊普通合伙企业分支机构", "示例会计师事务所（特殊普通合伙）常德分所", "BRANCH"),
        (None, "示例会计师事务所（特殊普通合伙）常德分所", "BRANCH"),
        ("有限责任公司分公司", "示例会计师事务所", "BRANCH"),
        ("全民所有制", "示例会计师事务所", "REVIEW"),
        ("有限责任公司(自然人独资)", "示例会计服务有限公司", "NONPUBLIC"),
    ],
)
def test_professional_firms_count_as_social_organisations_and_their_branches_do_not(
    text: str | None, name: str, owned: str
) -> None:
    assert ownership(text, name=name) == owned


def test_a_branch_of_a_law_firm_is_a_branch() -> None:
    assert ownership(None, a_uscc(prefix="31"), name="示例律师事务所常德分所") == "BRANCH"


def test_without_the_names_a_professional_firm_goes_by_its_type() -> None:
    found = classify.ownership(pl.col("code"), pl.col("text"))
    assert one(found, code=ENTERPRISE, text="特殊普通合伙企业") == "NONPUBLIC"


# Registration status.


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("存续（在营、开业、在册）", ""),
        ("", ""),
        (None, ""),
        ("暂无", ""),
        ("搬走了", "unknown"),
        ("存续、注销", "unknown"),
        ("1", "bare_code"),
        ("１", "bare_code"),
        ("列入经营异常名录", "not_a_status"),
        ("严重违法失信企业", "not_a_status"),
        ("简易注销公告中", "not_a_status"),
    ],
)
def test_a_status_text_says_which_way_it_is_wrong(text: str | None, fault: str) -> None:
    assert status_fault(text) == fault
    assert (status(text) is not None) == (text is not None and text.startswith("存续（"))


@pytest.mark.parametrize(
    ("code_book", "codes"),
    [
        ("exchange", {"1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6", "9": "9"}),
        ("credit_bureau", {"1": "1", "2": "2", "3": "4", "4": "6", "5": "9", "9": "9"}),
    ],
)
def test_a_digit_means_what_its_declared_code_book_says(
    code_book: str, codes: dict[str, str]
) -> None:
    for digit in "0123456789":
        assert status(digit, code_book) == codes.get(digit)
        assert status_fault(digit, code_book) == ("" if digit in codes else "unknown")
        assert (status(digit), status_fault(digit)) == (None, "bare_code")
    assert status("注销", code_book) == "4"


# Political status.


@pytest.mark.parametrize(
    ("text", "code", "fault"),
    [
        ("中共党员", "01", ""),
        ("共产党员", "01", ""),
        ("中国共产党党员", "01", ""),
        (" 中共 正式党员 ", "01", ""),
        ("中共党员（2019年7月入党）", "01", ""),
        ("预备党员", "02", ""),
        ("中共预备党员(2024.6)", "02", ""),
        ("中共党员（预备）", "02", ""),
        ("群众", "13", ""),
        ("民革党员（会员）", "04", ""),
        ("无党派人士", "12", ""),
        ("非党员", None, ""),
        ("民主党派", None, ""),
        ("", None, ""),
        ("无", None, ""),
        (None, None, ""),
        ("入党积极分子", None, "not_a_status"),
        ("发展对象", None, "not_a_status"),
        ("中共党员/群众", None, "unknown"),
        ("中共党员、群众", None, "unknown"),
        ("中共/预备党员", None, "unknown"),
        ("预备党员(2023年转正)", None, "unknown"),
        ("中共党员(积极分子)", None, "unknown"),
        ("中共党员(已退党)", None, "unknown"),
        ("前党员", None, "unknown"),
        ("1", None, "bare_code"),
        ("01", None, "bare_code"),
        ("13", None, "bare_code"),
    ],
)
def test_a_political_status_has_its_code_or_says_why_not(
    text: str | None, code: str | None, fault: str
) -> None:
    assert political(text) == (code, fault)


def test_digits_are_a_political_status_in_the_declared_standard_alone() -> None:
    assert political("1", "gb4762") == political("01", "gb4762") == ("01", "")
    assert political("13", "gb4762") == ("13", "")
    assert political("10.0", "gb4762") == ("10", "")
    for digits in ("0", "14", "99", "013013"):
        assert political(digits, "gb4762") == (None, "unknown")


def test_members_are_full_and_probationary_members_alone() -> None:
    codes = [None, *(f"{n:02}" for n in range(1, 14))]
    frame = pl.DataFrame({"code": codes}, schema={"code": pl.String})
    members = frame.filter(classify.is_member(pl.col("code")))
    assert members["code"].to_list() == ["01", "02"]


def test_no_wording_of_an_activist_is_a_members() -> None:
    for text in classify.table("political_statuses.csv").filter(pl.col("code").is_null())["text"]:
        assert political(text)[0] is None


# Social organisations.


@pytest.mark.parametrize(
    ("prefix", "text", "found"),
    [
        ("51", "社会团体", "association"),
        ("51", None, "association"),
        ("51", "行业协会商会", "association"),
        ("51", "社会团体分支机构", "association"),
        ("52", "民办非企业单位（法人）", "service_institution"),
        ("52", "社会服务机构", "service_institution"),
        ("52", "学校", "service_institution"),
        ("53", "非公募基金会", "foundation"),
        ("31", "律师事务所", "law_firm"),
        ("31", "普通合伙", "law_firm"),
        (None, "基金会", "foundation"),
        ("91", "有限责任公司", None),
        ("91", None, None),
    ],
)
def test_a_social_organisation_is_of_a_kind(
    prefix: str | None, text: str | None, found: str | None
) -> None:
    assert social(prefix, text) == (found, "")


@pytest.mark.parametrize(
    ("prefix", "text", "found", "fault"),
    [
        ("51", "民办非企业单位", "association", "disagree"),
        ("52", "基金会", "service_institution", "disagree"),
        ("91", "社会团体", "association", "disagree"),
        ("52", "有限责任公司(自然人独资)", "service_institution", "disagree"),
        ("52", "民办非企业单位分支机构", "service_institution", "branch_of_service_institution"),
        ("52", "代表机构", "service_institution", "branch_of_service_institution"),
        (None, "民办非企业单位办事处", "service_institution", "branch_of_service_institution"),
        ("52", "示例", "service_institution", "unknown"),
        ("51", "其他", "association", "unknown"),
        (None, "社会团体、民办非企业单位", None, "unknown"),
        ("52", "2", "service_institution", "bare_code"),
    ],
)
def test_a_social_type_says_which_way_it_is_wrong(
    prefix: str | None, text: str, found: str | None, fault: str
) -> None:
    assert social(prefix, text) == (found, fault)


def test_an_old_number_says_no_kind() -> None:
    kind_found = classify.social_kind(pl.col("code"), pl.col("text"))
    assert one(kind_found, code="520100000000001", text=None) is None


def test_professional_firms_are_kinds_of_social_organisation() -> None:
    assert social("91", None, "示例会计师事务所有限公司")[0] == "accounting_firm"
    assert social("91", None, "示例税务师事务所有限公司")[0] == "tax_firm"
    assert social("31", None, "示例律师事务所")[0] == "law_firm"


def test_a_part_of_a_social_organisation_is_a_branch() -> None:
    assert ownership("社会团体分会", a_uscc(prefix="51")) == "BRANCH"
    assert ownership("社会团体", a_uscc(prefix="51")) == "SOCIAL"


# Columns.


@settings(max_examples=25)
@given(
    st.lists(st.tuples(*[st.none() | st.text(max_size=12)] * 4), max_size=4),
    st.sampled_from([None, "gb"]),
)
def test_a_column_of_anything_is_read_as_its_cells_are(
    rows: list[tuple[str | None, ...]], code_book: str | None
) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys("utcn", pl.String), orient="row")
    u, t, c, n = (pl.col(name) for name in "utcn")
    code, fault = classify.political_status(t)
    read = (
        classify.ownership(u, t, c, name=n, code_book=code_book),
        classify.kind(u, n),
        classify.professional(u, n),
        classify.type_fault(t, code_book),
        classify.type_disagreement(t, c),
        classify.status(t, "exchange"),
        classify.status_fault(t),
        classify.social_kind(u, t, n),
        classify.social_fault(u, t),
        code,
        fault,
    )
    for expression in read:
        whole = frame.select(expression).to_series()
        assert len(whole) == len(frame)
        assert whole.dtype == pl.String
        assert whole.to_list() == [frame[i].select(expression).item() for i in range(len(frame))]


def test_real_social_organisations_are_of_the_kind_they_say(shared_data: Path) -> None:
    rows = pl.read_csv(shared_data / "social_organisations.csv", infer_schema=False)
    code, text = pl.col("统一社会信用代码"), pl.col("社会组织类型")
    assert rows.filter(classify.social_fault(code, text) != "").is_empty()
    assert rows.filter(classify.social_kind(code, text).is_null()).is_empty()
