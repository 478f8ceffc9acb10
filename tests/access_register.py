"""A register of two sub-districts with the same things in both, told apart by a word in every name.

Whatever an answer tells of the other one holds ``THERE``, one of its codes, or the name of its
member: so a leak is found without knowing the page that leaks.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    TODAY,
    a_uscc,
    an_operating,
    insert_assignment,
    insert_covering,
    insert_division,
    insert_instructor,
    insert_organisation,
    insert_party_organisation,
    insert_place,
    insert_run,
)
from people import a_name, a_number
from sqlalchemy import Connection, Engine, func, insert, select

from liangxin import access, db, declaring, links, privacy, rules, tasks, visits
from liangxin.entering import Said
from liangxin.plans import making
from liangxin.plans.kept import Made
from liangxin.plans.making import Wish
from liangxin.privacy import Keys
from liangxin.schema import HandedIn, LandedFile, Membership, RefusedRow, RunFile, Task
from liangxin.settings import Settings

#: In every name of the one sub-district, and of the other; in those of a community next to one's own.
HERE, THERE, BESIDE = "此处", "彼处", "邻处"
DISTRICT = NORTH[:6]
RULES = rules.load()
BEGAN = date(2026, 10, 1)


@dataclass(frozen=True, slots=True)
class Things:
    """What there is in a sub-district, by the number or code under which addresses name it."""

    word: str
    subdistrict: str
    community: str
    uscc: str
    firm: int
    fresh: str  # a firm nobody looked at yet
    led: str  # a firm with a branch, to which the instructor is sent
    party: int
    instructor: int
    place: int
    run: int
    handed: int
    task: int = 0
    member: int = 0
    person: str = ""
    plan: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True)
class Both:
    """One's own sub-district and the other one."""

    own: Things
    other: Things


def fill(settings: Settings, engine: Engine) -> Both:
    """Fill a fresh register; its keys to people's data are made too."""
    keys = privacy.new_keys()
    privacy.write(keys, privacy.keys_file(settings))
    with db.writing(engine) as connection:
        insert_division(connection, DISTRICT, "示例区", level="district")
        insert_run(connection, as_of=LONG_AGO)
        own = _things(connection, 0, HERE, NORTH)
        other = _things(connection, 20, THERE, SOUTH)
        _beside(connection)
        tasks.run(connection, RULES, TODAY, NOW)
    return Both(*(_worked_on(engine, keys, each) for each in (own, other)))


def _things(connection: Connection, first: int, word: str, subdistrict: str) -> Things:
    community = f"{subdistrict}001"
    insert_division(connection, subdistrict, f"{word}街道")
    insert_division(
        connection, community, f"{word}社区", level="community", parent_code=subdistrict
    )
    here = {
        "subdistrict_code": subdistrict,
        "community_code": community,
        "address": f"示例区{word}路1号",
    }
    run = _run(connection, word, f"{first:064x}")
    firm, led = (
        an_operating(
            connection,
            n=first + n,
            name=f"{word}第{n}号有限公司",
            staff=20,
            full_members=members,
            run_id=run,
            **here,
        )
        for n, members in ((1, 0), (2, 4))
    )
    insert_organisation(
        connection, first + 3, name=f"{word}新设有限公司", run_id=run, seen_on=BEGAN, **here
    )
    party = insert_party_organisation(
        connection, name=f"{word}公司党支部", subdistrict_code=subdistrict
    )
    insert_covering(connection, led, party)
    instructor = insert_instructor(connection, name=f"{word}指导员", subdistrict_code=subdistrict)
    insert_assignment(connection, led, instructor)
    place = insert_place(connection, name=f"{word}大厦", subdistrict_code=subdistrict)
    committee = access.local_committee(subdistrict)
    visits.record(
        connection,
        committee,
        instructor,
        led,
        kind="visit",
        on=BEGAN,
        by=f"{word}综合党委",
        now=NOW,
    )
    return Things(
        word,
        subdistrict,
        community,
        a_uscc(first + 1),
        firm,
        a_uscc(first + 3),
        a_uscc(first + 2),
        party,
        instructor,
        place,
        run,
        a_handed_file(connection, word, subdistrict),
    )


def a_handed_file(connection: Connection, word: str, subdistrict: str) -> int:
    """A file that its economic office handed in, and that could not be read."""
    values = {
        "source": "office_register",
        "by": f"{word}经济办",
        "role": "economic_office",
        "scope": subdistrict,
        "file_name": f"{word}登记.csv",
        "sha256": "0" * 64,
        "size": 1,
        "as_of": BEGAN,
        "state": "failed",
        "message_zh": "不是表格",
        "message_en": "it is no table",
        "handed_at": NOW,
        "moved_at": NOW,
    }
    made = connection.execute(insert(HandedIn).values(**values).returning(HandedIn.id))
    return int(made.scalar_one())


def _run(connection: Connection, word: str, sha256: str) -> int:
    """A run of a file with a row that was refused."""
    run = insert_run(connection, as_of=BEGAN)
    file = {"sha256": sha256, "origin": f"{word}名册.csv"}
    connection.execute(insert(LandedFile).values(**file, size=1, landed_at=NOW))
    connection.execute(insert(RunFile).values(**file, run_id=run, position=0, row_offset=0))
    connection.execute(
        insert(RefusedRow).values(
            run_id=run,
            file_row=2,
            rule="uscc_check_digit",
            column_name="统一社会信用代码",
            value=f"{word}代码",
            message="不对",
            message_en="wrong",
            owner="economic_office",
        )
    )
    return run


def _beside(connection: Connection) -> None:
    """A community next to one's own, in the same sub-district."""
    code = f"{NORTH}002"
    insert_division(connection, code, f"{BESIDE}社区", level="community", parent_code=NORTH)
    an_operating(
        connection,
        n=41,
        name=f"{BESIDE}有限公司",
        subdistrict_code=NORTH,
        community_code=code,
        staff=5,
        full_members=0,
    )


def _worked_on(engine: Engine, keys: Keys, things: Things) -> Things:
    """What its committee does there: a person declares, a plan is proposed, a task is open."""
    committee = access.local_committee(things.subdistrict)
    n = things.firm
    said = Said(
        a_name(n), a_number(n), "full", "former", TODAY - timedelta(days=5), {"declare", "pass_on"}
    )
    made = Made(TODAY, f"{things.word}综合党委", NOW)
    plan = making.instructors(engine, committee, RULES, Wish(seconds=5), made)
    with db.writing(engine) as connection:
        declaring.at_desk(connection, keys, committee, things.uscc, said, today=TODAY, now=NOW)
        link = links.make(connection, committee, things.uscc, today=TODAY, now=NOW)
        of_firm = Membership.organisation_id == things.firm
        member = connection.execute(select(Membership.id).where(of_firm)).scalar_one()
        fresh = Task.organisation_id == things.firm + 2
        task = connection.execute(select(func.min(Task.id)).where(fresh)).scalar_one()
    return replace(
        things, task=task, member=member, person=a_name(n), plan=int(plan["plan"]), link=link
    )
