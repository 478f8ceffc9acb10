"""Words for nothing are nothing everywhere, and one wording has one plain form."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangxin import wording


def of(expression: pl.Expr, text: str | None) -> str | None:
    found: str | None = (
        pl.DataFrame({"text": [text]}, schema={"text": pl.String}).select(expression).item()
    )
    return found


@pytest.mark.parametrize("nothing", [*wording.NOTHING, None, " ", "\u3000", "\u200b", "－", " 无 "])
def test_words_for_nothing_are_null(nothing: str | None) -> None:
    assert of(wording.said(pl.col("text")), nothing) is None


def test_what_is_said_is_kept_but_for_its_width_and_what_no_one_sees() -> None:
    assert of(wording.said(pl.col("text")), " Ａ示\u200b例 １\n") == "A示例 1"
    assert of(wording.said(pl.col("text")), "无锡") == "无锡"


def test_one_wording_has_one_plain_form() -> None:
    forms = (
        "股份有限公司(上市、自然人投资或控股)",
        "股份有限公司（上市，自然人投资或控股）",
        " 股份有限公司 【上市,自然人投资或控股】\n",
        "股份有限公司-上市-自然人投资或控股",
    )
    assert {of(wording.plain(pl.col("text")), form) for form in forms} == {
        "股份有限公司上市自然人投资或控股"
    }


def test_a_slash_and_a_question_mark_tell_wordings_apart() -> None:
    plain = wording.plain(pl.col("text"))
    assert of(plain, "党员/群众") != of(plain, "党员群众")
    assert of(plain, "党员?") != of(plain, "党员")


@pytest.mark.parametrize(
    ("text", "digits"),
    [("01", "01"), (" １１３０ ", "1130"), ("1151.0", "1151"), ("1.5", None), ("1类", None), ("", None)],
)  # fmt: skip
def test_bare_digits_are_told_from_words(text: str, digits: str | None) -> None:
    assert of(wording.digits(pl.col("text")), text) == digits


@given(st.lists(st.sampled_from("有限责任公司党员/?A1（）(),，、 ·-【】“”\u200b"), max_size=20))
def test_signs_change_nothing_and_all_else_stays(signs: list[str]) -> None:
    kept = "".join(sign for sign in signs if sign in "有限责任公司党员/?A1")
    assert of(wording.plain(pl.col("text")), "".join(signs)) == kept
