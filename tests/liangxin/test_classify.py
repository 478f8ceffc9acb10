"""Type text and code decide the ownership class, status text its code; the unknown is left open."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import a_uscc

from liangxin import classify

ENTERPRISE = a_uscc(prefix="91")


def ownership(text: str | None, code: str | None = ENTERPRISE) -> str:
    row = pl.DataFrame({"code": [code], "text": [text]}, schema=dict.fromkeys(["code", "text"], pl.String))  # fmt: skip
    return str(row.select(classify.ownership(pl.col("code"), pl.col("text"))).item())


def status(text: str | None) -> str | None:
    row = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    found: str | None = row.select(classify.status(pl.col("text"))).item()
    return found


def kind(code: str | None) -> str:
    row = pl.DataFrame({"code": [code]}, schema={"code": pl.String})
    return str(row.select(classify.kind(pl.col("code"))).item())


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
