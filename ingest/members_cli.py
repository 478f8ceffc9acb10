"""Commands about people: `roster`, and `keys make`, `share`, `rotate`, `show`. None prints a name."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    today,
)
from liangxin.errors import Misuse

if TYPE_CHECKING:
    from ingest.register_keys import Made
    from ingest.roster import RosterReport
    from liangxin.privacy import Keys

Mapping = Annotated[
    list[str] | None,
    typer.Option(
        help="HEADER=FIELD: which header means which field; yes: headers like known names are them."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands about people."""
    app.command("roster")(roster)
    rosters = typer.Typer(help="Firms' staff lists: whose is due, and the form to fill in.")
    rosters.command("due")(rosters_due)
    rosters.command("template")(rosters_template)
    app.add_typer(rosters, name="rosters")
    keys = typer.Typer(help="Keys to people's data: pseudonyms of numbers, sealed names.")
    keys.command("make")(make)
    keys.command("share")(share)
    keys.command("rotate")(rotate)
    keys.command("show")(show)
    app.add_typer(keys, name="keys")


def roster(
    file: Annotated[Path, typer.Argument(help="One firm's staff list: CSV, XLSX, XLS.")],
    organisation: Annotated[str, typer.Option(help="The firm's code (USCC).")],
    as_of: AsOf = "",
    mapping: Mapping = None,
    as_json: Json = False,
) -> None:
    """Take a firm's staff count, and seal rows with status 01/02 as candidates; keep nothing else.

    Example: liangxin roster 花名册.xlsx --organisation 91430702MA4L0000XX
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from ingest import roster as rosters

        chosen, code = settings(), organisation.strip().upper()
        with opened(chosen) as engine:
            report = rosters.take(
                file,
                code,
                chosen,
                engine,
                actor=acting(),
                as_of=day,
                today=today(),
                now=now(),
                mapping=mapping or [],
            )
        if as_json:
            print_json(dataclasses.asdict(report))
        else:
            _print_roster(report)
        if report.refused:
            raise typer.Exit(1)


def _print_roster(report: "RosterReport") -> None:
    from expectations.messages import MESSAGES
    from expectations.rule import general

    print(
        f"{report.rows} 行 = 在岗 {report.staff} + 退回 {report.refused} + 跳过 {report.skipped}；"
        f"待确认 {report.candidates} 人（仅党委可见，本人确认后才计数，60 天未答复即删除）。"
    )
    if report.staff_before is not None:
        print(
            f"上次报送在岗 {report.staff_before} 人，增减 {report.staff - report.staff_before:+d}。"
        )
    for word, counts in (("退回", report.rules), ("提示", report.warnings)):
        for rule, count in counts.items():
            print(f"  {word} {count:6}  {rule}  {general(MESSAGES[rule])[0]}")
    if report.refused:
        print("哪一行有误：liangxin check 文件 --as roster --refused 带说明.xlsx")


def rosters_due(
    as_of: AsOf = "",
    subdistrict: Annotated[str, typer.Option(help="Only this sub-district.")] = "",
    as_json: Json = False,
) -> None:
    """List the firms whose staff list is overdue: ten staff and more, and none for a month.

    Example: liangxin rosters due --subdistrict 430702001
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, rosters, rules

        chosen = settings()
        rule_set = rules.of(chosen)
        with opened(chosen) as engine, db.reading(engine) as connection:
            found = rosters.overdue(
                connection, acting(), rule_set, as_of=day, subdistrict_code=subdistrict or None
            )
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            print(f"{each.uscc}  {each.name}  {each.staff} 人  上次报送 {each.last_on or '无'}")
        print(f"共 {len(found)} 家。")


def rosters_template(
    organisation: Annotated[str, typer.Argument(help="The firm's code (USCC).")],
    out: Annotated[Path, typer.Option(help="The workbook to send to the firm (.xlsx).")],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Write the staff list that a firm fills in, with its name and month, and nobody in it.

    Example: liangxin rosters template 91430702MA4L0000XX --out 花名册.xlsx
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, register, roster_template

        code = organisation.strip().upper()
        with opened(settings()) as engine, db.reading(engine) as connection:
            name = register.name_of(connection, code)
        roster_template.write(out, name=name, code=code, month=day)
        if as_json:
            print_json({"file": str(out), "organisation": code})
        else:
            print(f"已写入 {out}。")


def make(
    register: Annotated[
        Path | None,
        typer.Argument(help="A member register; its keys go into --out, no number does."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file of keys to send.")] = None,
    mapping: Mapping = None,
    as_json: Json = False,
) -> None:
    """Make the district's keys (once); or, of a member register, the keys that may travel.

    Example: liangxin keys make
    """
    with answering(as_json=as_json):
        if (register is None) != (out is None):
            raise Misuse(
                "由党员名册生成密钥标识要同时给出名册和 --out 文件；只生成区级密钥则两者都不给。",
                "give both a member register and --out for its keys, or neither to make the "
                "district's keys.",
            )
        if register is not None and out is not None:
            _make_of(register, out, mapping or [], as_json=as_json)
            return
        from liangxin import privacy

        chosen = settings()
        _require_file(elsewhere=chosen.keys is not None or bool(chosen.keys_command))
        made, file = privacy.new_keys(), privacy.keys_file(chosen)
        privacy.write(made, file)
        if as_json:
            print_json({"file": str(file), **_ids(made)})
            return
        print(f"已生成密钥 {file}（仅所有者可读）。请立即离线备份：丢失后姓名无法打开。")
        print(f"标识密钥 {made.pseudonym.id}，封存密钥 {made.sealing[-1].id}")


def _make_of(register: Path, out: Path, mapping: list[str], *, as_json: bool) -> None:
    from ingest import register_keys
    from liangxin import privacy

    chosen = settings()
    keys = privacy.load(chosen)
    made = register_keys.make(register, out, keys, chosen, today=today(), mapping=mapping)
    if as_json:
        print_json({**dataclasses.asdict(made), "pseudonym": keys.pseudonym.id})
    else:
        _print_made(made, out)
    if made.refused:
        raise typer.Exit(1)


def _print_made(made: "Made", out: Path) -> None:
    print(
        f"{made.rows} 行：密钥标识 {made.keys}，重复 {made.repeated}，已转出或不在册 {made.gone}，"
        f"退回 {made.refused}。已写入 {out}，其中没有姓名和号码。"
    )
    if made.refused:
        rows = "、".join(map(str, made.refused_rows))
        print(f"  证件号码有误或没有所在党支部的行：{rows}{' 等' if made.refused > 10 else ''}")


def share(
    out: Annotated[Path, typer.Argument(help="The file to hand to the organisation department.")],
    as_json: Json = False,
) -> None:
    """Write the pseudonym key alone, for whoever keeps the member register; it opens no name.

    Example: liangxin keys share for-the-department.json
    """
    with answering(as_json=as_json):
        from liangxin import privacy

        keys = privacy.Keys(privacy.load(settings()).pseudonym)
        privacy.write(keys, out)
        if as_json:
            print_json({"file": str(out), **_ids(keys)})
        else:
            print(
                f"已写入 {out}：标识密钥 {keys.pseudonym.id}。请当面交给组织部门，不要用邮件或即时通讯发送。"
            )


def rotate(
    forget: Annotated[
        bool,
        typer.Option(
            "--forget", help="Drop the old sealing keys: older backups open no more names."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Seal all names anew with a new key. Broken off in the middle, every name still opens.

    Example: liangxin keys rotate
    """
    with answering(as_json=as_json):
        from liangxin import audit, db, holds, members, privacy

        chosen = settings()
        _require_file(elsewhere=chosen.keys is not None or bool(chosen.keys_command))
        file = privacy.keys_file(chosen)
        with opened(chosen) as engine, holds.holding(engine, "keys"):
            keys = privacy.rotated(privacy.read(file))
            privacy.write(keys, file, replace=True)
            with db.writing(engine) as connection:
                resealed = members.reseal(connection, keys)
                audit.by_machine(connection, "key.rotated", keys.sealing[-1].id, now=now())
            if forget:
                with db.reading(engine) as connection:
                    members.require_sealed_with(connection, keys.sealing[-1].id)
                keys = privacy.Keys(keys.pseudonym, keys.sealing[-1:])
                privacy.write(keys, file, replace=True)
        if as_json:
            print_json({"resealed": resealed, **_ids(keys)})
        else:
            kept = "旧密钥已删除" if forget else "旧密钥仍在文件中，用于打开旧备份"
            print(f"已改用封存密钥 {keys.sealing[-1].id}；{kept}。请重新备份 {file}")


def show(as_json: Json = False) -> None:
    """Show which keys are in use, by their short names; no key is ever shown.

    Example: liangxin keys show
    """
    with answering(as_json=as_json):
        from liangxin import db, members, privacy

        chosen = settings()
        keys = privacy.load(chosen)
        with opened(chosen) as engine, db.reading(engine) as connection:
            privacy.require_pseudonym_key(keys, members.pseudonym_key_in_use(connection))
        if as_json:
            print_json(_ids(keys))
            return
        sealing = "、".join(key.id for key in keys.sealing) or "无"
        print(f"标识密钥 {keys.pseudonym.id}；封存密钥（最后一个在用） {sealing}")


def _ids(keys: "Keys") -> dict[str, object]:
    return {"pseudonym": keys.pseudonym.id, "sealing": [key.id for key in keys.sealing]}


def _require_file(*, elsewhere: bool) -> None:
    """Return if the keys lie in a file.

    Raises:
        Misuse: a setting or a command brings them, so that a file made here would not be used.
    """
    if elsewhere:
        raise Misuse(
            "密钥来自 LIANGXIN_KEYS 或 LIANGXIN_KEYS_COMMAND，本命令只管理密钥文件。请在密钥系统中操作，或先去掉该设置。",
            "the keys come from LIANGXIN_KEYS or LIANGXIN_KEYS_COMMAND, and this command writes the key "
            "file only; change them there, or take that setting away first.",
        )
