import re
import tomllib
from pathlib import Path
from string import Formatter
from typing import Any, get_args

import pytest

import dashboard
import ingest
from dashboard.text import TAGS, WORDS, Say, both, en, en_pages, t, zh, zh_pages
from liangxin import attribution, classify, loop, portrait, rules, universe
from liangxin.access import Actor, Permission, Role
from liangxin.errors import NotFound, NotPermitted
from liangxin.membership import COUNTED, Basis, State, Status
from liangxin.spell_telling import LEVELS

ROOT = Path(dashboard.__file__).parent
SOURCE_FILES = list((Path(ingest.__file__).parent / "sources").glob("*.toml"))
#: Everything that makes pages; commands speak for themselves.
SOURCES = [
    p
    for p in [
        *(*ROOT.glob("*.py"), *ROOT.glob("pages/*.py"), *ROOT.glob("declare/*.py")),
        *ROOT.glob("declare/templates/*.html"),
    ]
    if not p.name.endswith("cli.py")
]
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def test_both_languages_have_the_same_keys() -> None:
    assert WORDS["zh"].keys() == WORDS["en"].keys() != set()
    assert TAGS.keys() == WORDS.keys()


@pytest.mark.parametrize("key", sorted(WORDS["zh"]))
def test_a_text_says_the_same_in_both_languages(key: str) -> None:
    zh, en = WORDS["zh"][key], WORDS["en"][key]
    assert zh.strip()
    assert en.strip()
    assert _values(zh) == _values(en)
    assert not CHINESE.search(en)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_page_asks_for_a_text_that_is_not_there(source: Path) -> None:
    asked = re.findall(r'\b(?:say|both|t)\(\s*"([^"]+)"', source.read_text(encoding="utf-8"))
    assert set(asked) <= WORDS["zh"].keys()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_page_speaks_for_itself(source: Path) -> None:
    assert [
        line for line in source.read_text(encoding="utf-8").splitlines() if CHINESE.search(line)
    ] == []


def test_every_code_of_the_domain_has_a_word() -> None:
    codes = {
        "state": {*universe.STATES, None},
        "ownership": {
            *classify.table("enterprise_types.csv")["class"],
            *rules.load().classes,
            classify.SOCIAL,
            classify.OUTSIDE,
        },
        "kind": {*classify.table("uscc_kinds.csv")["kind"], "other"},
        "covering": {"alone", "joint", None},
        "kpi.way": {"alone", "joint", "instructor"},
        "declare.status": set(Status),
        # No code opens anything in the other states.
        "mine.state": {State.DECLARED, State.LEFT, *COUNTED},
        "basis": set(Basis),
        "role": {*Role, "person"},
        "organisation.why": {*portrait.REASONS, "counts"},
        "status": {"1", "2", "3", "4", "5", "6", "9"},
        "level": set(LEVELS),
        "reason": set(get_args(attribution.Reason)),
        "location_method": {"subdistrict_name", "community_name"},
        "source": {file.stem for file in SOURCE_FILES if is_of_registrations(file)},
        "looked": {"viewed", "recorded", "seen", "corrected", "withdrawn"},
    }
    for kind, known in codes.items():
        for code in known:
            assert f"{kind}.{code or 'none'}" in WORDS["zh"]


def is_of_registrations(file: Path) -> bool:
    return tomllib.loads(file.read_text(encoding="utf-8"))["kind"] in {"registrations", "social"}


def test_no_text_is_written_twice() -> None:
    assert not zh.WORDS.keys() & zh_pages.WORDS.keys()
    assert not en.WORDS.keys() & en_pages.WORDS.keys()


def test_a_code_without_a_word_is_shown_as_it_is() -> None:
    assert Say("zh").word("ownership", "SOMETHING_NEW") == "SOMETHING_NEW"


def test_a_text_is_filled_in() -> None:
    assert t("kpi.change", "zh", points="+21.0") == "+21.0 个百分点"
    assert both("figure.percent", percent="77.0") == ("77.0%", "77.0%")


def test_braces_in_a_value_are_only_text() -> None:
    assert "{zh.__class__}" in t("error.no_page", "zh", path="{zh.__class__}")


def test_an_error_speaks_the_language_of_the_page() -> None:
    error = NotFound("没有。", "none.")
    assert (Say("zh").error(error), Say("en").error(error)) == ("没有。", "none.")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", "您的角色“审计员”没有此项权限（查看覆盖率）"),
        ("en", "does not allow this (see rates)"),
    ],
)
def test_who_lacks_a_permission_is_told_in_the_words_of_pages(language: Any, said: str) -> None:
    with pytest.raises(NotPermitted) as refused:
        Actor("审", Role.AUDITOR).require(Permission.RATE_VIEW)
    assert said in Say(language).error(refused.value)


def _values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


#: Texts that name a command, because only whoever runs the machine can do what they say.
OF_THE_MACHINE = {
    *("admin.command.keys", "admin.command.trust", "admin.log.head", "admin.own"),
    *("admin.refused.more", "admin.sources.nothing", "admin.way_in.dropped"),
    *("admin.way_in.loaded", "empty.command", "empty.demo", "empty.sentence"),
    *("files.nothing_offered", "leader.more", "ledger.too_long", "lists.nothing"),
    *("lists.too_long", "members.no_accounts", "readiness.nobody", "serve.no_accounts"),
    *("tasks.none", "terms.none"),
}
COMMAND = re.compile(r"liangxin [a-z]")


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_what_an_office_can_do_at_a_page_is_told_without_a_command(words: dict[str, str]) -> None:
    told = {key for key, text in words.items() if COMMAND.search(text)}
    assert told - OF_THE_MACHINE == set()


def test_a_task_says_what_to_do_without_a_command() -> None:
    said = [
        (kind.zh, step)
        for kind in loop.KINDS.values()
        for stage in kind.stages.values()
        for step in (stage.zh, stage.en)
    ]
    assert said
    assert [told for told in said if COMMAND.search(told[1])] == []
