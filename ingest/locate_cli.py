"""`liangxin locate`: the addresses of a file, each with its sub-district and how sure that is."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liangxin.cli import Json, answering, print_json, settings
from liangxin.errors import Misuse

if TYPE_CHECKING:
    import polars as pl

    from ingest.locate.locating import Ground
    from liangxin.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("locate")(locate)


def locate(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="CSV (also .gz), XLSX, XLS; more only behind --divisions."
        ),
    ],
    column: Annotated[str, typer.Option(help="The column that holds the addresses.")],
    out: Annotated[Path, typer.Option(help="Every row and what was found: .csv or .xlsx.")],
    district: Annotated[
        str, typer.Option(help="6-digit district; without it, addresses of the whole country.")
    ] = "",
    learn: Annotated[
        Path | None, typer.Option(help="A file of addresses to learn from; default: the register.")
    ] = None,
    learn_column: Annotated[str, typer.Option(help="Its column of addresses.")] = "",
    divisions: Annotated[
        list[Path] | None, typer.Option(help="Division lists in place of the register's.")
    ] = None,
    min_confidence: Annotated[
        float, typer.Option(help="Answers less sure than this are left open.")
    ] = 0.97,
    as_json: Json = False,
) -> None:
    """Place every address of a file in its sub-district, as surely as asked, with the reason.

    Example: liangxin locate firms.csv --column 住所 --district 430702 --out placed.xlsx
    """
    with answering(as_json=as_json):
        from ingest import locate_apart, locate_files
        from ingest.cli import with_district

        file, lists = files[0], [*(divisions or []), *files[1:]]
        if len(files) > 1 and not divisions:
            raise Misuse(
                f"一次只处理一个文件，多出了 {files[1].name}。",
                f"one file at a time; {files[1].name} is one too many.",
            )
        if not 0 <= min_confidence <= 1:
            raise Misuse(
                f"--min-confidence 应在 0 和 1 之间，不是 {min_confidence}。",
                f"--min-confidence is between 0 and 1, not {min_confidence}.",
            )
        chosen = settings()
        here = with_district(chosen, district).district if district else ""
        found = locate_files.tables(file, column, "--column", max_bytes=chosen.max_file_bytes)
        read = [file, *([learn] if learn else []), *lists]
        locate_files.require_writable(out, read, len(found))
        ground, decided = _ground(chosen, here, lists, learn, learn_column or column)
        rows, methods = 0, Counter[str]()
        asked = locate_apart.Question(ground, decided, here, min_confidence)
        with locate_files.Writer(out) as writer, locate_apart.Placing(asked) as placing:
            for table in found:
                writer.start(table)
                for batch, placed in placing.each(table.batches(), table.column):
                    writer.add(table, batch, placed)
                    rows += batch.height
                    methods.update(
                        placed.filter(placed["subdistrict_code"].is_not_null())["method"]
                    )
        _answer(rows, methods, out, as_json=as_json)


def _answer(rows: int, methods: "Counter[str]", out: Path, *, as_json: bool) -> None:
    located = methods.total()
    if as_json:
        by_method = dict(sorted(methods.items()))
        print_json({"rows": rows, "located": located, "by_method": by_method})
        return
    share = f"（{located * 1000 // rows / 10}%）" if rows else ""  # all but one is not 100 %
    print(f"{rows} 行，定位 {located} 行{share}，见 {out}")
    for method, count in methods.most_common():
        print(f"  {method:18} {count:8}")


def _ground(
    chosen: "Settings", district: str, lists: list[Path], learn: Path | None, column: str
) -> "tuple[Ground, pl.DataFrame | None]":
    """Division lists and lessons, from the files given, else from the register; and its decisions."""
    from ingest import locate_files
    from ingest.locate import locating

    base, taught, decided = _register(chosen, district, wanted=learn is None)
    listed = locate_files.listed(lists, base) if lists else base
    if district and district not in listed["code"]:
        raise Misuse(
            f"区划表中没有代码 {district}。请核对 --district，或用 --divisions 给出区划。",
            f"no division list has the code {district}; check --district, or give a list with "
            "--divisions.",
        )
    if learn is None:
        return locating.prepare(listed, taught), decided
    known = locate_files.known_addresses(learn, column, max_bytes=chosen.max_file_bytes)
    return locating.prepare(listed, _with_codes(known, listed, learn.name, district)), decided


def _with_codes(
    known: "pl.DataFrame", listed: "pl.DataFrame", name: str, district: str
) -> "pl.DataFrame":
    """Known addresses with a code of today's lists; where the file has none, the one they name.

    Raises:
        Misuse: the file's codes are in no list, all of them.
    """
    import polars as pl

    from ingest.locate import locating

    code = pl.col("subdistrict_code")
    wide = known.filter(code.str.len_chars() < 9).height
    known = known.with_columns(
        pl.when(code.str.len_chars() >= 9).then(code.str.slice(0, 9)).alias("subdistrict_code")
    )
    if wide:
        print(
            f"注意：学习文件 {name} 有 {wide} 行的代码不到 9 位（不是街道代码），按其地址所写的街道学习。\n"
            f"Notice: {wide} rows of {name} have codes shorter than a sub-district's; what their addresses "
            "name is learned from.",
            file=sys.stderr,
        )
    given = known.filter(pl.col("subdistrict_code").is_not_null())
    good = given.filter(pl.col("subdistrict_code").is_in(listed["code"].implode()))
    if good.is_empty() and not given.is_empty():
        raise Misuse(
            f"学习文件 {name} 的街道代码（如 {given['subdistrict_code'][0]}）都不在区划表中。请核对代码或 --divisions。",
            f"no sub-district code of {name} (like {given['subdistrict_code'][0]}) is in the division "
            "lists; check the codes or --divisions.",
        )
    if good.height < given.height:
        print(
            f"注意：学习文件 {name} 有 {given.height - good.height} 行的街道代码不在区划表中，未用于学习。\n"
            f"Notice: {given.height - good.height} rows of {name} have codes of no list; not learned from.",
            file=sys.stderr,
        )
    bare = known.filter(pl.col("subdistrict_code").is_null())
    if bare.is_empty():
        return good
    read = locating.locate(bare["address"], locating.prepare(listed), district=district)
    named = bare.with_columns(read["subdistrict_code"]).drop_nulls("subdistrict_code")
    return pl.concat([good, named])


def _register(
    chosen: "Settings", district: str, *, wanted: bool
) -> "tuple[pl.DataFrame, pl.DataFrame | None, pl.DataFrame | None]":
    """The register's divisions, its addresses that name their sub-district, and its decisions."""
    from liangxin import divisions as lists

    if not chosen.database_url and not (chosen.home / "register.db").is_file():
        return lists.shipped(), None, None  # and none is made
    from ingest import ruling
    from liangxin import db, register
    from liangxin.cli import opened

    with opened(chosen) as engine, db.reading(engine) as connection:
        taught = register.addresses_naming(connection, district) if wanted else None
        return lists.current(connection), taught, ruling.decisions(connection)
