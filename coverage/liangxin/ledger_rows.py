"""What a ledger says of each organisation on a day: one dataclass a row, for forms to lay out.

The actor comes first and its scope is part of the query. Counts of members, and whether an owner is
one, are shown to the committee alone; others get the band that full members are in (``3+``).
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select
from sqlalchemy.orm import aliased

from liangxin import chains, counting, divisions, headcount, suppression, tally, universe, views
from liangxin.access import Actor, Permission
from liangxin.days import years_after
from liangxin.headcount import Figure
from liangxin.ledger_words import LedgerRow, PartyCell
from liangxin.rules import RuleSet
from liangxin.schema import (
    Assignment,
    Covering,
    Finding,
    Instructor,
    Organisation,
    PartyOrganisation,
    PartyTerm,
)

#: Of these each tells how many members there are.
_WHOLE = ("members", "full_members", "members_in")
MEMBER_COUNTS = ("members", "full_members", "probationary_members", "members_in", "members_out")
#: Sources that say how many are insured, best first.
_INSURED = ("social_insurance", "screening", "ledger", "roster", "annual_report")
#: Findings about a person: whether the owner is a member, or the secretary.
_PERSONAL = ("representative_member", "representative_secretary")


def rows(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    kinds: Collection[str],
    subdistrict: str = "",
    grid: str = "",
    show_members: bool,
    show_secretaries: bool = True,
) -> list[LedgerRow]:
    """Return the organisations that a ledger lists on a day, by sub-district (those without one last), name and code.

    Listed is who counts, who is not yet verified, and whoever is covered or has an instructor.

    Args:
        connection: any.
        actor: who asks.
        rules: who counts, and whose counts are believed.
        as_of: the day.
        kinds: of organisations.
        subdistrict: only of this one; empty: all in scope.
        grid: only of this one.
        show_members: counts of members and owners' membership are shown: to the committee.
        show_secretaries: names of secretaries, each of them a member, and where they come from are shown.

    Raises:
        NotPermitted: the role may not list organisations.
        NotFound: the sub-district does not exist or is outside the actor's scope.
    """
    actor.require(Permission.ORGANISATION_LIST)
    if subdistrict:
        views.subdistrict_name(connection, actor, subdistrict, on=as_of)
    listed = connection.execute(_listed(actor, rules, as_of, kinds, subdistrict, grid)).all()
    ids = [row.id for row in listed]
    codes = {code for row in listed for code in (row.subdistrict_code, row.community_code) if code}
    names = divisions.names(connection, codes, on=as_of)
    party = _party(connection, ids, as_of, kinds, rules.thresholds.term_years)
    sent = _instructors(connection, ids, as_of)
    found = _found(connection, ids, as_of)
    figures = counting.figures_of(connection, ids)
    ordered = sorted(listed, key=lambda row: (row.subdistrict_code or "~", row.name, row.uscc))
    made = [
        LedgerRow(
            uscc=row.uscc,
            name=row.name,
            kind=row.kind,
            enterprise_type=row.enterprise_type,
            address=row.address,
            established_on=row.established_on,
            subdistrict=names.get(row.subdistrict_code, row.subdistrict_code or ""),
            community=names.get(row.community_code, ""),
            state=row.state,
            party=party.get(row.id),
            instructor=sent.get(row.id),
            found=found.get(row.id, {}),
            **_counts(figures.get(row.id, []), rules, as_of),
        )
        for row in ordered
    ]
    if not show_secretaries:
        made = [_unnamed(each) for each in made]
    if show_members:
        return made
    bands = [_band(row.full_members, row.members, rules) for row in ordered]
    return [_masked(each, band) for each, band in zip(made, bands, strict=True)]


def _listed(
    actor: Actor,
    rules: RuleSet,
    as_of: date,
    kinds: Collection[str],
    subdistrict: str,
    grid: str,
) -> Select[Any]:
    member = universe.members(rules, as_of=as_of)
    flags = ("counts", "unverified", "alone", "joint", "attached", "instructed")
    query = (
        select(member, Organisation.established_on)
        .join(Organisation, Organisation.id == member.c.id)
        .where(member.c.kind.in_(sorted(kinds)), or_(*(member.c[name] == 1 for name in flags)))
    )
    if subdistrict:
        query = query.where(member.c.subdistrict_code == subdistrict)
    if grid:
        query = query.where(member.c.grid_code == grid)
    scoped: Select[Any] = tally.scoped(query, member, actor)
    return scoped


def _slices(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + chains.SLICE] for start in range(0, len(ids), chains.SLICE)]


def _party(
    connection: Connection, ids: list[int], as_of: date, kinds: Collection[str], years: int
) -> dict[int, PartyCell]:
    """Who covers each organisation: an own Party organisation before a joint or attached one."""
    above, term = aliased(PartyOrganisation), aliased(PartyTerm)
    query = (
        select(
            Covering.organisation_id,
            Covering.mode,
            Covering.from_on.label("covered_on"),
            PartyOrganisation.id,
            PartyOrganisation.name,
            PartyOrganisation.basis,
            PartyOrganisation.from_on,
            func.coalesce(term.level, PartyOrganisation.level).label("level"),
            above.name.label("superior"),
            term.secretary,
            term.secretary_kind,
            term.due_on,
            term.from_on.label("elected_on"),
        )
        .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
        .outerjoin(above, above.id == PartyOrganisation.parent_id)
        .outerjoin(
            term,
            (term.party_organisation_id == PartyOrganisation.id)
            & universe.true_on(term, as_of, None),
        )
        .where(
            universe.true_on(Covering, as_of, None),
            universe.true_on(PartyOrganisation, as_of, None),
        )
    )
    held = [
        row
        for some in _slices(ids)
        for row in connection.execute(query.where(Covering.organisation_id.in_(some)))
    ]
    units = _units(connection, sorted({row.id for row in held}), as_of, kinds)
    # The last of an organisation stays: alone after attached and joint, then the first formed.
    order = {"joint": 0, "attached": 1, "alone": 2}
    return {
        row.organisation_id: PartyCell(
            name=row.name,
            level=row.level,
            mode=row.mode,
            basis=row.basis,
            founded_on=row.from_on,
            covered_on=row.covered_on,
            superior=row.superior,
            units=units[row.id],
            secretary=row.secretary,
            secretary_kind=row.secretary_kind,
            re_elected_on=_elected_on(row.elected_on, row.due_on, years),
        )
        for row in sorted(held, key=lambda row: (order[row.mode], row.name))
    }


def _elected_on(began: date | None, due: date | None, years: int) -> date | None:
    """The last election: the term's first day if its last one says so, else so many years before that.

    A term also begins where a secretary or level changed in between.
    """
    if began is None or due is None:
        return None
    return began if years_after(began, years) == due else years_after(due, -years)


def _units(
    connection: Connection, parties: list[int], as_of: date, kinds: Collection[str]
) -> dict[int, int]:
    """How many organisations of these kinds each Party organisation covers."""
    found = {}
    for some in _slices(parties):
        query = (
            select(Covering.party_organisation_id, func.count(Covering.organisation_id.distinct()))
            .join(Organisation, Organisation.id == Covering.organisation_id)
            .where(
                Covering.party_organisation_id.in_(some),
                Organisation.kind.in_(sorted(kinds)),
                universe.true_on(Covering, as_of, None),
            )
            .group_by(Covering.party_organisation_id)
        )
        found.update({row[0]: row[1] for row in connection.execute(query)})
    return found


def _instructors(connection: Connection, ids: list[int], as_of: date) -> dict[int, str]:
    query = (
        select(Assignment.organisation_id, Instructor.name)
        .join(Instructor, Instructor.id == Assignment.instructor_id)
        .where(universe.true_on(Assignment, as_of, None))
    )
    found: dict[int, str] = {}
    for some in _slices(ids):
        for organisation, name in connection.execute(
            query.where(Assignment.organisation_id.in_(some))
        ):
            found[organisation] = min(name, found.get(organisation, name))
    return found


def _found(connection: Connection, ids: list[int], as_of: date) -> dict[int, dict[str, str]]:
    query = select(Finding.organisation_id, Finding.field, Finding.value).where(
        universe.true_on(Finding, as_of, None)
    )
    found: dict[int, dict[str, str]] = {}
    for some in _slices(ids):
        for organisation, name, value in connection.execute(
            query.where(Finding.organisation_id.in_(some))
        ):
            found.setdefault(organisation, {})[name] = value
    return found


def _counts(figures: list[Figure], rules: RuleSet, as_of: date) -> dict[str, int | None]:
    """Staff and insured of the most believed source; all members of one and the same figure."""
    known = [each for each in figures if each.counted_on <= as_of]
    staff = headcount.chosen(known, "staff", rules.headcount.staff_sources)
    insured = headcount.chosen(known, "insured", _INSURED)
    counts: dict[str, int | None] = {
        "staff": None if staff is None else staff.staff,
        "insured": None if insured is None else insured.insured,
    }
    people: list[Figure] = []
    # A whole count, so that its parts make its sum: the ledger's, or that of confirmed members.
    for sources in (rules.headcount.member_sources, (headcount.DECLARED,)):
        people += _newest(known, sources)
    if people:
        most = max(people, key=_members_said)
        counts |= {name: getattr(most, name) for name in MEMBER_COUNTS}
    return counts


def _members_said(figure: Figure) -> int:
    return (
        figure.members
        or figure.full_members
        or (figure.members_in or 0) + (figure.members_out or 0)
    )


def _newest(known: list[Figure], sources: Sequence[str]) -> list[Figure]:
    """The newest figure about members of the first source that has one; else nothing.

    As everywhere, one that tells how many there are stands before one that tells a part of them.
    """
    for names in (_WHOLE, MEMBER_COUNTS):
        for source in sources:
            saying = [
                each
                for each in known
                if each.source == source and any(getattr(each, name) is not None for name in names)
            ]
            if saying:
                return [max(saying, key=lambda each: each.counted_on)]
    return []


def _band(full: int | None, members: int | None, rules: RuleSet) -> int | str | None:
    """Full members as others see them, the same ones and the same way as in all lists.

    No full members beside probationary ones stay an empty cell: read back, a 0 would take these away.
    """
    if full is None or (full == 0 and members):
        return None
    return suppression.band(full, rules.full_members_asked)


def _unnamed(row: LedgerRow) -> LedgerRow:
    """The row without who leads its Party organisation."""
    if row.party is None:
        return row
    return replace(row, party=replace(row.party, secretary=None, secretary_kind=None))


def _masked(row: LedgerRow, full_members: int | str | None) -> LedgerRow:
    """The row without its members' counts but a band, and without its owner's membership.

    No count stays, however large: which cells are left out would tell the small ones.
    """
    kept = {name: value for name, value in row.found.items() if name not in _PERSONAL}
    hidden: dict[str, Any] = dict.fromkeys(MEMBER_COUNTS)
    return replace(row, found=kept, **hidden | {"full_members": full_members})
