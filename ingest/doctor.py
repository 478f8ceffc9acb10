"""Looks an installation over and changes nothing: what works, what is missing, what to do."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Engine, func, select

from ingest import sources
from liangxin import accounts, audit, db, jobs, migrate, privacy, rules, web_key
from liangxin.errors import KeyLost, LiangxinError
from liangxin.schema import Membership, Organisation
from liangxin.settings import Settings

OLDEST = (3, 11)
#: A load of a million rows and its journal take less.
ROOM = 2 * 2**30

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    zh: str
    en: str


def look_over(settings: Settings) -> list[Finding]:
    """Return what was found, in the order in which it would be mended."""
    found = [_python(), *_home(settings), *_rules(settings), *_sources(settings)]
    found += _keys(settings)
    found += _database(settings)
    return found


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        return Finding(
            "python", "wrong", f"Python {version} 过旧，需 3.11 或更新", f"Python {version}"
        )
    return Finding("python", "ok", f"Python {version}", f"Python {version}")


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    if not home.exists():
        yield Finding(
            "home", "note", f"数据目录 {home} 尚未建立，首次使用时建立", f"{home} is not there yet"
        )
        return
    if not os.access(home, os.W_OK):
        yield Finding(
            "home", "wrong", f"数据目录 {home} 不可写，请更正权限", f"{home} cannot be written"
        )
        return
    yield Finding("home", "ok", f"数据目录 {home}", f"data folder {home}")
    free = shutil.disk_usage(home).free
    state: State = "ok" if free >= ROOM else "wrong"
    gib = f"{free / 2**30:.1f} GiB"
    more = "" if state == "ok" else "，请清理磁盘"
    yield Finding("disk", state, f"磁盘剩余 {gib}{more}", f"{gib} free")


def _rules(settings: Settings) -> Iterator[Finding]:
    yield _tried("rules", lambda: f"规则版本 {rules.of(settings).id}")


def _sources(settings: Settings) -> Iterator[Finding]:
    every = sources.everything(settings)
    wrong = [each for each in every.values() if isinstance(each, LiangxinError)]
    yield from (Finding("sources", "wrong", each.zh, each.en) for each in wrong)
    if not wrong:
        yield Finding("sources", "ok", f"数据源 {len(every)} 个，均有效", f"{len(every)} sources")


def _keys(settings: Settings) -> Iterator[Finding]:
    try:
        privacy.load(settings)
    except KeyLost as error:
        yield Finding("keys", "note", error.zh, error.en)
    except LiangxinError as error:
        yield Finding("keys", "wrong", error.zh, error.en)
    else:
        yield Finding("keys", "ok", "人员数据密钥可用", "the keys to people's data are there")
    if settings.secret_key is not None or web_key.file_of(settings).exists():
        yield _tried("web_key", lambda: _web_key(settings))


def _web_key(settings: Settings) -> str:
    web_key.load(settings)
    return "页面密钥可用 / the key of the pages is there"


def _database(settings: Settings) -> Iterator[Finding]:
    if not settings.database_url and not (settings.home / "register.db").exists():
        yield Finding(
            "database", "note", "登记库尚未建立，首次使用时建立", "there is no register yet"
        )
        return
    engine = db.make_engine(settings)
    try:
        with db.database_errors(), engine.connect() as connection:
            revision = migrate.current_revision(connection)
        yield _revision(revision)
        if revision == migrate.HEAD:
            yield from _register(engine)
    except LiangxinError as error:
        yield Finding("database", "wrong", error.zh, error.en)
    finally:
        engine.dispose()


def _revision(revision: str | None) -> Finding:
    if revision == migrate.HEAD:
        return Finding("database", "ok", f"数据库版本 {revision}", f"schema revision {revision}")
    if revision is not None and revision > migrate.HEAD:
        return Finding(
            "database",
            "wrong",
            f"数据库版本 {revision} 比本程序新，请升级 liangxin",
            f"the database ({revision}) is newer than this program; upgrade liangxin",
        )
    return Finding(
        "database",
        "note",
        f"数据库版本 {revision or '空'}，下次使用时升级（liangxin db upgrade）",
        f"schema revision {revision or 'none'}; it is upgraded at the next use",
    )


def _register(engine: Engine) -> Iterator[Finding]:
    with db.reading(engine) as connection:
        number = connection.execute(select(func.count()).select_from(Organisation)).scalar_one()
        state: State = "ok" if number else "note"
        yield Finding("organisations", state, f"登记组织 {number} 家", f"{number} organisations")
        yield from _log(connection)
        people = connection.execute(select(Membership.id).limit(1)).first() is not None
        if people:
            yield Finding("people", "ok", "有封存的人员记录", "there are sealed records of people")
        some = accounts.are_there(connection)
        yield Finding(
            "accounts",
            "ok" if some else "note",
            "已有账户" if some else "尚无账户，页面仅限本机（liangxin user add）",
            "there are accounts" if some else "no accounts; the pages are this machine's alone",
        )
        last: dict[str, jobs.JobView] = {}
        for each in jobs.listed(connection):
            last.setdefault(each.source, each)
        for each in last.values():
            if each.state != "failed":
                continue
            yield Finding(
                "jobs",
                "wrong",
                f"数据源 {each.source} 最近一次未成功：{each.message_zh or ''}",
                f"the last job of {each.source} failed: {each.message_en or ''}",
            )


def _log(connection: Connection) -> Iterator[Finding]:
    told = audit.verify(connection)
    if told.is_whole:
        yield Finding(
            "log", "ok", f"日志 {told.entries} 条，完整", f"{told.entries} entries, whole"
        )
    else:
        yield Finding(
            "log",
            "wrong",
            f"日志自第 {told.broken_at} 条起不符，请报告安全审计员",
            f"the log is broken at {told.broken_at}; tell the auditor",
        )


def _tried(name: str, what: Callable[[], object]) -> Finding:
    try:
        said = str(what())
    except LiangxinError as error:
        return Finding(name, "wrong", error.zh, error.en)
    return Finding(name, "ok", said, said)
