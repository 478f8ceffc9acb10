"""Commands of bulletins: `report monthly|half-year|annual`, `report list`, `report again`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from liangxin.cli import (
    AsOf,
    Json,
    acting,
    answering,
    now,
    opened,
    parse_date,
    print_json,
    settings,
)

#: As ``liangxin.bulletins`` has them, whose import is heavy; a test holds the two together.
KINDS = ("monthly", "half-year", "annual")
Out = Annotated[Path, typer.Option(metavar="F.xlsx|F.docx", help="Where to write it.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    report = typer.Typer(help="Bulletins (通报): frozen, and made again by their number.")
    for name in KINDS:
        report.command(name)(_making(name))
    report.command("list")(list_bulletins)
    report.command("again")(again)
    app.add_typer(report, name="report")


def _making(kind: str) -> Callable[..., None]:
    def command(out: Out, as_of: AsOf = "", as_json: Json = False) -> None:
        _make(kind, out, as_of, as_json=as_json)

    command.__doc__ = (
        f"Write the {kind} bulletin that ends on a day; its figures are frozen under its number.\n\n"
        f"    Example: liangxin report {kind} --as-of 2022-09-30 --out 通报.docx"
    )
    return command


def _make(kind: str, out: Path, as_of: str, *, as_json: bool) -> None:
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        _require_known(out)
        from liangxin import bulletins, db, rules, spells, views

        chosen = settings()
        rule_set = rules.of(chosen)
        with opened(chosen) as engine:
            spells.ready(engine, rule_set)
            with db.writing(engine) as connection:
                district = chosen.district or views.data_district(connection) or ""
                content = bulletins.make(
                    connection, acting(), rule_set, kind, as_of=day, district=district, now=now()
                )
        _write(out, content)
        _said(content["id"], out, as_json=as_json)


def again(
    number: Annotated[str, typer.Argument(metavar="ID", help="Number of the bulletin.")],
    out: Out,
    as_json: Json = False,
) -> None:
    """Write a bulletin once more, exactly as it was issued, in either form.

    Example: liangxin report again 3f9a0c1d2e4b5a69 --out 通报.xlsx
    """
    with answering(as_json=as_json):
        _require_known(out)
        from liangxin import bulletins, db

        with opened(settings()) as engine, db.reading(engine) as connection:
            content = bulletins.find(connection, acting(), number)
        _write(out, content)
        _said(content["id"], out, as_json=as_json)


def list_bulletins(as_json: Json = False) -> None:
    """List the bulletins that were issued, the newest first.

    Example: liangxin report list
    """
    with answering(as_json=as_json):
        from liangxin import bulletins, db

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = bulletins.listed(connection, acting())
        if as_json:
            print_json(found)
            return
        for each in found:
            kind = bulletins.KINDS[each["kind"]][0]
            print(
                f"{each['id']}  {kind}  {each['as_of']}  {each['rule_set']}  {each['scope'] or '全区'}"
            )
        print(f"共 {len(found)} 份通报。")


def _require_known(out: Path) -> None:
    from liangxin.errors import Misuse

    if out.suffix.lower() not in {".xlsx", ".docx"}:
        raise Misuse(
            f"--out 的文件名“{out.name}”应以 .xlsx 或 .docx 结尾。",
            f"the file {out.name!r} for --out must end in .xlsx or .docx.",
        )


def _write(out: Path, content: dict[str, Any]) -> None:
    from dashboard.reports import bulletin_docx, bulletin_xlsx
    from liangxin.errors import Misuse

    make = bulletin_xlsx.workbook if out.suffix.lower() == ".xlsx" else bulletin_docx.document
    try:
        out.write_bytes(make(content))
    except OSError as error:
        raise Misuse(
            f"无法写入 {out}（{error.strerror}）。请检查目录、权限，或关闭已打开的同名文件。",
            f"{out} cannot be written ({error.strerror}); check the folder, its permissions, or close "
            "the file if it is open.",
        ) from error


def _said(number: str, out: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": number, "file": str(out)})
    else:
        print(f"通报 {number} 已写入 {out}。 / written.")
