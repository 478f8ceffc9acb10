"""A run is taken back: the register is exactly as before it, or later work is named that stands on it.

What a run added is known by its number, what it altered was kept as it was. The run itself, the
bytes it read and the rows it refused stay on record, marked as undone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Float,
    Table,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from liangxin import audit, db, journal, state
from liangxin.access import LOCAL, Actor
from liangxin.errors import Misuse, NotFound
from liangxin.questions import REGISTER
from liangxin.schema import (
    Absence,
    Application,
    Assignment,
    Base,
    Confirmation,
    Consent,
    Covering,
    DeclarationLink,
    FactStamp,
    FieldChange,
    FieldStamp,
    Finding,
    Headcount,
    Instructor,
    InstructorOffer,
    MemberKey,
    Membership,
    Organisation,
    PackageWord,
    PairWord,
    PartyOrganisation,
    PartyTerm,
    PersonAccess,
    PlanItem,
    PlanLock,
    Question,
    Registration,
    RegistrationBefore,
    Run,
    Screening,
    Sighting,
    Source,
    SubjectRequest,
    Task,
    TaskStep,
    Visit,
)

#: What people recorded of organisations, and how it is called.
FACTS = (
    (Screening, "摸排", "screenings"),
    (Covering, "覆盖关系", "coverings"),
    (Assignment, "指导员选派", "assignments"),
    (Finding, "调查项目", "findings"),
    (PairWord, "结对说明", "words on pairs"),
    (Visit, "走访记录", "visits"),
    (Sighting, "社区上报", "sightings"),
    (PlanLock, "方案锁定", "locks of plans"),
    (PlanItem, "方案中的安排", "places in plans"),
)
#: What stands on an organisation of whose people something is or was kept.
PEOPLE = (Membership, DeclarationLink, Consent, PersonAccess, SubjectRequest)
#: Facts of which one stands on those before it, whom they are about, and how they are called.
STANDING: tuple[tuple[Any, tuple[str, ...], str, str], ...] = (
    (Screening, ("organisation_id",), "摸排", "screenings"),
    (Finding, ("organisation_id", "field"), "调查项目", "findings"),
    (Covering, ("organisation_id",), "覆盖关系", "coverings"),
    (Assignment, ("organisation_id",), "指导员选派", "assignments"),
    (PartyTerm, ("party_organisation_id",), "任期", "terms"),
)
#: Who points at Party organisations and instructors that a run may have brought.
POINTING: tuple[tuple[Any, Any, Any], ...] = (
    (Covering, Covering.party_organisation_id, PartyOrganisation),
    (PartyOrganisation, PartyOrganisation.parent_id, PartyOrganisation),
    (Assignment, Assignment.instructor_id, Instructor),
    (InstructorOffer, InstructorOffer.instructor_id, Instructor),
    (PairWord, PairWord.instructor_id, Instructor),
    (Visit, Visit.instructor_id, Instructor),
    (PlanItem, PlanItem.instructor_id, Instructor),
    (PlanItem, PlanItem.was_instructor_id, Instructor),
    (PlanItem, PlanItem.party_organisation_id, PartyOrganisation),
    (PlanLock, PlanLock.instructor_id, Instructor),
    (PlanLock, PlanLock.party_organisation_id, PartyOrganisation),
    (Application, Application.party_organisation_id, PartyOrganisation),
)
#: What a run may bring besides counts; who is pointed at comes after who points.
BROUGHT: tuple[Any, ...] = (
    *(Screening, Finding, Confirmation, Covering, Assignment),
    *(PartyTerm, Instructor, PartyOrganisation),
)


@dataclass(frozen=True, slots=True)
class Undone:
    """A run that was taken back, and what the register holds since."""

    run: int
    state_hash: str


def undo(connection: Connection, run_id: int, *, now: datetime, by: Actor = LOCAL) -> Undone:
    """Take a run back; the log alone tells of it afterwards.

    Args:
        connection: a write transaction.
        run_id: which.
        now: when.
        by: who wants it.

    Raises:
        NotFound: there is no such run.
        Misuse: it was undone already, or later work stands on it; that is named.
    """
    run = connection.execute(
        select(
            Run.id,
            Run.source_id,
            Run.as_of,
            Run.district_code,
            Run.learned_at,
            Run.undone_at,
            Source.name,
        )
        .join(Source, Source.id == Run.source_id)
        .where(Run.id == run_id)
    ).first()
    if run is None:
        raise NotFound(f"没有批次 {run_id}。", f"there is no run {run_id}.")
    if run.undone_at is not None:
        raise Misuse(
            f"批次 {run_id} 已经撤销过。", f"run {run_id} was undone already; nothing was changed."
        )
    _refuse_what_is_stood_on(connection, run)
    _take_back(connection, run_id)
    connection.execute(update(Run).where(Run.id == run_id).values(undone_at=now))
    audit.by_actor(connection, by, "run.undone", f"{run_id} {run.name}", now=now)
    return Undone(run_id, state.state_hash(connection))


def _refuse_what_is_stood_on(connection: Connection, run: Any) -> None:
    """Raise if later work stands on a run.

    Raises:
        Misuse: names it.
    """
    later = list(_later_runs(connection, run))
    facts = [
        *_facts_on(connection, run.id),
        *_facts_where_it_put(connection, run),
        *_later_facts(connection, run),
        *_stamps_of(connection, run.id),
    ]
    if not later and not facts:
        return
    zh = [f"批次 {id_}（{name}）" for id_, name in later] + [zh for zh, _ in facts]
    en = [f"run {id_} ({name})" for id_, name in later] + [en for _, en in facts]
    raise Misuse(
        f"批次 {run.id} 不能撤销，其后的工作以它为基础：{'、'.join(zh[:10])}。请先撤销这些批次，或更正这些记录（方案用 "
        "liangxin plan drop，锁定用 liangxin plan unlock）。",
        f"run {run.id} cannot be undone, later work stands on it: {', '.join(en[:10])}; undo those "
        "runs first, or correct those records (plans: liangxin plan drop; locks: plan unlock).",
    )


def _later_runs(connection: Connection, run: Any) -> Iterator[tuple[int, str]]:
    """Later runs of the same list, and those that touched what the run touched."""
    query = (
        select(Run.id, Source.name)
        .join(Source, Source.id == Run.source_id)
        .where(Run.id > run.id, Run.undone_at.is_(None))
        .order_by(Run.id)
    )
    same_list = Run.source_id == run.source_id
    if run.district_code is not None:
        same_list = and_(
            same_list, or_(Run.district_code == run.district_code, Run.district_code.is_(None))
        )
    touched = _organisations_of(run.id)
    later_touch = or_(
        *(
            exists().where(by == Run.id, table.organisation_id.in_(touched))
            for table, by in ((FieldStamp, FieldStamp.run_id), (PackageWord, PackageWord.kept_by))
        ),
        exists().where(
            or_(FieldChange.run_id == Run.id, FieldChange.learned_by == Run.id),
            FieldChange.organisation_id.in_(touched),
        ),
        exists().where(Registration.run_id == Run.id, Registration.organisation_id.in_(touched)),
        exists().where(Headcount.run_id == Run.id, Headcount.organisation_id.in_(touched)),
    )
    for row in connection.execute(query.where(or_(same_list, later_touch))):
        yield row.id, row.name


def _organisations_of(run_id: int) -> Any:
    """Organisations that a run brought, changed, counted or asked about."""
    brought = select(Organisation.id).where(Organisation.run_id == run_id)
    changed = select(FieldChange.organisation_id).where(_of_run(run_id))
    spoken = select(Registration.organisation_id).where(Registration.run_id == run_id)
    counted = select(Headcount.organisation_id).where(Headcount.run_id == run_id)
    return brought.union(changed, spoken, counted)


def _of_run(run_id: int) -> ColumnElement[bool]:
    """Changes that a run brought to light."""
    return func.coalesce(FieldChange.learned_by, FieldChange.run_id) == run_id


def _facts_on(connection: Connection, run_id: int) -> Iterator[tuple[str, str]]:
    """What people recorded of organisations that only this run brought."""
    brought = select(Organisation.id).where(Organisation.run_id == run_id)
    for table, zh, en in FACTS:
        query = select(func.count()).where(table.organisation_id.in_(brought))
        count = connection.execute(query).scalar()
        if count:
            yield f"{zh} {count} 条", f"{count} {en}"
    locks = select(func.count()).where(PlanLock.other_organisation_id.in_(brought))
    if count := connection.execute(locks).scalar():
        yield f"方案锁定 {count} 条", f"{count} locks of plans"
    # How many, an operator need not know.
    held = [exists().where(table.organisation_id.in_(brought)) for table in PEOPLE]
    if connection.execute(select(or_(*held))).scalar():
        yield "已封存的人员记录", "sealed records of people"
    settled = select(func.count()).where(
        Question.run_id == run_id, Question.closed_by.is_not(None), Question.closed_by != REGISTER
    )
    if count := connection.execute(settled).scalar():
        yield f"已答复的疑问 {count} 个", f"{count} answered questions"
    answered = select(func.count(Task.id.distinct())).join(TaskStep, TaskStep.task_id == Task.id)
    query = answered.where(_concerned(connection, run_id), TaskStep.kind == "answered")
    count = connection.execute(query).scalar()
    if count:
        yield f"已答复的任务 {count} 项", f"{count} answered tasks"


def _facts_where_it_put(connection: Connection, run: Any) -> Iterator[tuple[str, str]]:
    """What was learned later of organisations that the run put into another sub-district.

    Whoever covers them there, or sends somebody, did so because they are there.
    """
    moved = select(FieldChange.organisation_id).where(
        _of_run(run.id), FieldChange.field == "subdistrict_code"
    )
    for table, _, zh, en in STANDING:
        if "organisation_id" not in table.__table__.columns:
            continue
        later = and_(table.organisation_id.in_(moved), table.learned_at > run.learned_at)
        count = connection.execute(select(func.count()).select_from(table).where(later)).scalar()
        if count:
            yield f"移入单位其后的{zh} {count} 条", f"{count} later {en} of those it moved"


def _later_facts(connection: Connection, run: Any) -> Iterator[tuple[str, str]]:
    """What was learned later about the same subjects as facts of the run: it may stand on them."""
    if not _brings_facts(connection, run.id):
        return
    for table, subject, zh, en in STANDING:
        later, ours = aliased(table), aliased(table)
        same = and_(*(getattr(later, name) == getattr(ours, name) for name in subject))
        learned = and_(ours.learned_at == run.learned_at, later.learned_at > run.learned_at)
        query = select(func.count()).select_from(later).where(exists().where(same, learned))
        count = connection.execute(query).scalar()
        if count:
            yield f"其后的{zh} {count} 条", f"{count} later {en}"
    for table, key, of in POINTING:
        made = select(of.id).where(of.learned_at == run.learned_at)
        query = select(func.count()).where(key.in_(made))
        if table is not PlanItem:  # a plan is made of what there is
            query = query.where(table.learned_at > run.learned_at)
        count = connection.execute(query).scalar()
        if count:
            yield (
                f"其后用到其党组织或指导员的记录 {count} 条",
                f"{count} later records of its Party organisations or instructors",
            )


def _stamps_of(connection: Connection, run_id: int) -> Iterator[tuple[str, str]]:
    """Values that came by exchange: taken back here, they would come again (decision 0013)."""
    for table in (FieldStamp, FactStamp):
        query = select(func.count()).where(table.run_id == run_id)
        count = connection.execute(query).scalar()
        if count:
            yield (
                f"交换包带来的 {count} 项内容（请改为更正）",
                f"{count} values of a package (correct instead)",
            )


def _take_back(connection: Connection, run_id: int) -> None:
    for table in (Question, Headcount, MemberKey):
        connection.execute(delete(table).where(table.run_id == run_id))
    _take_back_tasks(connection, run_id)
    _take_back_findings(connection, run_id)
    journal.put_back(connection, run_id)
    _take_back_absences(connection, run_id)
    _take_back_registrations(connection, run_id)
    _take_back_changes(connection, run_id)
    connection.execute(delete(PackageWord).where(PackageWord.kept_by == run_id))
    connection.execute(delete(Organisation).where(Organisation.run_id == run_id))


def _brings_facts(connection: Connection, run_id: int) -> bool:
    """Whether a run may have brought facts: one of registrations brings none."""
    spoken = select(Registration.run_id).where(Registration.run_id == run_id).limit(1)
    return connection.execute(spoken).first() is None


def _take_back_tasks(connection: Connection, run_id: int) -> None:
    """Tasks nobody answered, about whoever goes; what else has no reason left closes itself."""
    concerned = _concerned(connection, run_id)
    about = select(Task.id).where(concerned)
    connection.execute(delete(TaskStep).where(TaskStep.task_id.in_(about)))
    connection.execute(delete(Task).where(concerned))


def _concerned(connection: Connection, run_id: int) -> ColumnElement[bool]:
    """Tasks about organisations and Party organisations that only this run brought."""
    brought = select(Organisation.id).where(Organisation.run_id == run_id)
    if not _brings_facts(connection, run_id):
        return Task.organisation_id.in_(brought)
    learned = select(Run.learned_at).where(Run.id == run_id).scalar_subquery()
    formed = select(PartyOrganisation.id).where(PartyOrganisation.learned_at == learned)
    return or_(Task.organisation_id.in_(brought), Task.party_organisation_id.in_(formed))


def _take_back_findings(connection: Connection, run_id: int) -> None:
    """Facts with two dates, of a run that brings some: nobody else writes at that moment."""
    if not _brings_facts(connection, run_id):
        return
    learned = connection.execute(select(Run.learned_at).where(Run.id == run_id)).scalar_one()
    for table in BROUGHT:
        connection.execute(delete(table).where(table.learned_at == learned))
        if "corrected_at" in table.__table__.columns:
            again = update(table).where(table.corrected_at == learned)
            connection.execute(again.values(corrected_at=None))


def _take_back_absences(connection: Connection, run_id: int) -> None:
    connection.execute(delete(Absence).where(Absence.run_id == run_id))
    for column, values in (
        (Absence.corrected_by, {"corrected_by": None}),
        (Absence.returned_run_id, {"returned_run_id": None, "to_on": None}),
    ):
        connection.execute(update(Absence).where(column == run_id).values(**values))


def _take_back_registrations(connection: Connection, run_id: int) -> None:
    before = Base.metadata.tables["registration_before"]
    table = Base.metadata.tables["registration"]
    names = ("row_hash", "traits", "run_id", "file_row")
    same = and_(
        before.c.by_run_id == run_id,
        before.c.source_id == table.c.source_id,
        before.c.organisation_id == table.c.organisation_id,
    )
    kept = exists().where(same)
    connection.execute(delete(Registration).where(table.c.run_id == run_id, ~kept))
    connection.execute(update(table).where(same).values({n: before.c[n] for n in names}))
    connection.execute(delete(RegistrationBefore).where(RegistrationBefore.by_run_id == run_id))


def _take_back_changes(connection: Connection, run_id: int) -> None:
    """Put organisations back to what changes took away, and believe again what was corrected."""
    _restore_values(connection, run_id)
    since_ever = and_(FieldChange.corrected_by == run_id, FieldChange.file_row == 0)
    connection.execute(delete(FieldChange).where(or_(_of_run(run_id), since_ever)))
    believed = update(FieldChange).where(FieldChange.corrected_by == run_id)
    connection.execute(believed.values(corrected_by=None))


def _restore_values(connection: Connection, run_id: int) -> None:
    """Give fields the old value of the run's first change of them (in order; late runs keep rows)."""
    table = Base.metadata.tables["organisation"]
    in_order = and_(FieldChange.run_id == run_id, FieldChange.learned_by.is_(None))
    fields = select(FieldChange.field).where(in_order).distinct()
    for field in connection.execute(fields).scalars().all():
        if field not in table.columns:
            continue
        query = (
            select(FieldChange.organisation_id, FieldChange.old_value)
            .where(in_order, FieldChange.field == field)
            .order_by(FieldChange.id.desc())
        )
        rows = {row[0]: row[1] for row in connection.execute(query)}
        frame = pl.DataFrame(
            {"id": list(rows), field: list(rows.values())},
            schema={"id": pl.Int64(), field: pl.String()},
        ).with_columns(_typed(table, field))
        db.update_frame(connection, table, frame, key="id")


def _typed(table: Table, field: str) -> pl.Expr:
    """A field's text as its column has it."""
    kind, text = table.c[field].type, pl.col(field)
    if isinstance(kind, Date):
        return text.str.to_date("%Y-%m-%d")
    return text.cast(pl.Float64) if isinstance(kind, Float) else text
