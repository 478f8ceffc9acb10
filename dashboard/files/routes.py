"""The addresses that take files and give files; each behind the guard, each answered with a sentence."""

import base64
import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import BinaryIO, cast

import flask
from flask import Response, request

from dashboard import auth
from dashboard.auth import guarded
from dashboard.files import ROOT, ROSTER, ROSTER_BYTES, UPLOAD, asking, parts, templates
from dashboard.giving import XLSX, attachment
from dashboard.site import Site
from dashboard.text import Say, both, t
from liangxin import db, divisions, handed, roster_template
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.handed import files, sheets
from liangxin.wording import neutral

BLOCK = 2**20
#: States a clerk chooses from, in the words of the pages; each is one that is read.
STATES = (
    *("operating", "not_found", "shell", "suspended", "moved", "closed"),
    *("duplicate", "not_two_new", "screening"),
)


def register(server: flask.Flask) -> None:
    """Let a web server take and give files."""
    posted: list[tuple[str, str, Callable[..., Response]]] = [
        (UPLOAD, "upload", upload),
        (ROSTER, "roster", roster),
    ]
    for rule, name, answer in posted:
        server.add_url_rule(rule, f"files.{name}", answer, methods=["POST"])
    given: list[tuple[str, str, Callable[..., Response]]] = [
        (f"{ROOT}/<int:number>/returned.xlsx", "returned", returned),
        (f"{ROOT}/<int:number>/changes.csv", "changes", changes),
        (f"{ROOT}/template/register.xlsx", "register", register_template),
        (f"{ROOT}/template/screening.xlsx", "screening", screening_template),
        (f"{ROOT}/template/roster.xlsx", "roster_template", staff_template),
    ]
    for rule, name, answer in given:
        server.add_url_rule(rule, f"files.{name}", answer, methods=["GET"])


@guarded(Permission.FILE_LOAD)
def upload(actor: Actor) -> Response:
    """Keep a file and have it checked; answer with the address of its page."""
    site, asked = auth.site_of_request(), request.args
    most = site.settings.max_upload_bytes
    request.max_content_length = most
    name = asked.get("name", "")
    if (request.content_length or 0) > most:
        raise files.too_large(files.safe_name(name), most)
    instead = asked.get("instead_of", "")
    if instead and not instead.isdecimal():
        raise Misuse(*both("error.bad_request"))
    as_of = _day(asked.get("as_of", ""), site.today())
    # Before anything is kept: what may not be handed in is not written down first.
    with db.reading(site.engine) as connection:
        offered = {each.name for each in handed.offered(connection, actor)}
    if asked.get("source", "") not in offered:
        raise NotFound(*both("files.not_yours"))
    received = files.receive(site.settings, name, blocks(), most=most)
    try:
        with db.writing(site.engine) as connection:
            number = handed.hand_in(
                connection,
                actor,
                asked["source"],
                received,
                as_of=as_of,
                today=site.today(),
                now=site.clock(),
                instead_of=int(instead[:12]) if instead else None,
            )
            files.put(site.settings, number, received)
    finally:
        received.part.unlink(missing_ok=True)
    if instead:
        files.remove(site.settings, int(instead[:12]))
    return flask.jsonify({"at": f"{ROOT}/{number}"})


@guarded(Permission.ROSTER_LOAD)
def roster(actor: Actor) -> Response:
    """Judge a staff list, take it, or give it back with the reasons; nothing of it is kept here."""
    site, asked = auth.site_of_request(), request.args
    request.max_content_length = ROSTER_BYTES
    files.require_table_name(files.safe_name(asked.get("name", "")))
    if (request.content_length or 0) > ROSTER_BYTES:
        raise files.too_large(t("files.roster_name", "zh"), ROSTER_BYTES)
    if not request.content_length:
        raise Misuse(*both("files.empty"))
    take, back = asked.get("take") == "1", asked.get("back") == "1"
    told = asking.ask(
        site.settings,
        actor,
        cast("BinaryIO", request.stream),
        organisation=asked.get("organisation", "")[:20],
        take=take,
        back=back,
        confirmed=asked.get("confirmed") == "1",
        as_of=_day(asked.get("as_of", ""), site.today()),
        today=site.today(),
        now=site.clock(),
    )
    if back:
        name = f"{t('files.roster_name', 'zh')}-{site.say('files.returned_name')}.xlsx"
        given = attachment(base64.b64decode(told["returned"]), name, XLSX)
        given.headers["X-Accel-Buffering"] = "no"  # else a proxy may lay it into a temporary file
        return given
    return flask.jsonify({"said": {**told, "taken": take}})


@guarded(Permission.FILE_LOAD)
def returned(actor: Actor, number: int) -> Response:
    """Give a file back with the reasons behind its rows."""
    site = auth.site_of_request()
    with db.reading(site.engine) as connection:
        file = handed.one(connection, actor, number)
    path = files.path_of(site.settings, file.id, files.RETURNED)
    if not path.is_file():
        raise NotFound(*both("files.nothing_returned"))
    stem = file.file_name.rpartition(".")[0] or file.file_name
    return attachment(path.read_bytes(), f"{stem}-{site.say('files.returned_name')}.xlsx", XLSX)


@guarded(Permission.RUN_VIEW)
def changes(actor: Actor, number: int) -> Response:
    """Give what a file changes, as a table for spreadsheets."""
    site, say = auth.site_of_request(), auth.site_of_request().say
    with db.reading(site.engine) as connection:
        file = handed.one(connection, actor, number)
        names = divisions.names(connection, parts.codes_of(file), on=site.today())
    found = file.found
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([say(f"files.{each}") for each in ("uscc", "name", "field", "old", "new")])
    for each in found.get("new_ones", []):
        place = names.get(each["subdistrict_code"] or "", each["subdistrict_code"] or "")
        writer.writerow([each["uscc"], neutral(each["name"]), say("files.new_one"), "", place])
    for each in found.get("changes", []):
        field = each["field"]
        old, new = (parts.value_of(field, each[at], names, say) for at in ("old", "new"))
        cells = (each["name"], say.word("files.field", field), old, new)
        writer.writerow([each["uscc"], *map(neutral, cells)])
    told = len(found.get("new_ones", [])) + len(found.get("changes", []))
    if (left := parts.all_differences(found) - told) > 0:
        writer.writerow(["", say("files.more", left=left)])
    data = out.getvalue().encode("utf-8-sig")
    return attachment(data, f"{number}.csv", "text/csv; charset=utf-8")


@guarded(Permission.FILE_LOAD)
def register_template(actor: Actor) -> Response:
    """Give the sheet of registrations, filled in with the office's organisations if asked."""
    site = auth.site_of_request()
    rows: list[list[str]] = []
    if request.args.get("filled") == "1":
        with db.reading(site.engine) as connection:
            found = sheets.listed(connection, actor, on=site.today())
        rows = [
            [
                *(each.name, each.uscc, each.enterprise_type or ""),
                each.established_on.isoformat() if each.established_on else "",
                *(each.capital, each.address or "", ""),
            ]
            for each in found
        ]
    heads = [("name", 34), ("uscc", 22), ("type", 24), ("founded", 12), ("capital", 14)]
    heads += [("address", 44), ("status", 14)]
    return _sheet(site, "register", heads, rows, {6: [_word("files.status_open")]})


@guarded(Permission.FILE_LOAD)
def screening_template(actor: Actor) -> Response:
    """Give the sheet of a screening, filled in with whom nobody has screened if asked."""
    site = auth.site_of_request()
    rows: list[list[str]] = []
    if request.args.get("filled") == "1":
        with db.reading(site.engine) as connection:
            found = sheets.unscreened(connection, actor, on=site.today())
        rows = [[each.uscc, each.name, each.address or ""] for each in found]
    heads = [("uscc", 22), ("name", 34), ("address", 44), ("state", 14), ("evidence", 26)]
    heads += [("office", 20), ("day", 12), ("staff", 10)]
    states = [_word(f"files.state.{each}") for each in STATES]
    return _sheet(site, "screening", heads, rows, {3: states})


@guarded(Permission.ROSTER_LOAD)
def staff_template(actor: Actor) -> Response:
    """Give the staff list that a firm fills in; nobody is in it."""
    site, code = auth.site_of_request(), request.args.get("organisation", "")[:20]
    with db.reading(site.engine) as connection:
        firm = sheets.firm(connection, actor, code, on=site.today())
    if firm is None:
        raise NotFound(*both("files.no_firm"))
    data = roster_template.made(name=firm.name, code=firm.uscc, month=site.today())
    return attachment(data, f"{firm.name}-{_word('files.roster_name')}.xlsx", XLSX)


def blocks() -> Iterator[bytes]:
    """What is sent, block by block.

    Raises:
        Misuse: it broke off.
    """
    left = request.content_length or 0
    while block := request.stream.read(BLOCK):
        left -= len(block)
        yield block
    if left > 0:
        raise Misuse(*both("files.broke_off"))


def _day(said: str, today: date) -> date:
    if not said:
        return today
    try:
        return date.fromisoformat(said[:10])
    except ValueError:
        raise Misuse(*both("query.date", value=said[:10])) from None


def _sheet(
    site: Site,
    name: str,
    heads: list[tuple[str, int]],
    rows: list[list[str]],
    choices: dict[int, list[str]],
) -> Response:
    """A template: its headers are Chinese in every language, for the files are."""
    titles = [(_word(f"files.head.{head}"), width) for head, width in heads]
    title = _word(f"files.sheet.{name}")
    data = templates.workbook(title, titles, rows, choices=choices)
    return attachment(data, f"{title}-{site.today()}.xlsx", XLSX)


def _word(key: str) -> str:
    return Say("zh")(key)
