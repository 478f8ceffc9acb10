"""From dated facts to spells: stretches of days in which nothing changes of how one counts. Pure.

A spell begins on every day on which a fact of an organisation begins, ends or changes, and lasts
until the next one. What holds in it is told from the same facts, in the same way, as
``universe.members`` tells a single day; a property test holds the two together.
"""

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from liangxin.headcount import DECLARED

#: Levels of one's own Party organisation, as numbers that a maximum can take.
LEVELS = {"branch": 1, "general_branch": 2, "committee": 3}
#: Where one counts.
PLACE = ("subdistrict_code", "community_code", "grid_code")
#: How one counts: columns of table ``situation``.
SITUATION = (
    "kind",
    "ownership",
    "status",
    "unincorporated",
    "state",
    "alone",
    "joint",
    "attached",
    "active",
    "level",
    "instructed",
    "staff",
    "full_members",
    "members",
    "fixed_place",
    "above_scale",
)
#: Fields of an organisation that are told by their changes.
TOLD = ("ownership", "status", "unincorporated", "subdistrict_code", "community_code")
FLAGS = ("alone", "joint", "attached", "active", "instructed", *LEVELS)
FINDINGS = (
    "fixed_place",
    "above_scale",
    "operating_subdistrict_code",
    "operating_community_code",
    "grid_code",
    "suspended_until",
)
ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of some organisations, each believed now; every frame has ``organisation_id``."""

    organisations: pl.DataFrame  # kind, from_on, and TOLD as they are now
    changes: pl.DataFrame  # field (of TOLD), from_on, old_value
    located: pl.DataFrame  # which, subdistrict_code, community_code, decided, from_on, to_on
    screenings: pl.DataFrame  # state, from_on, to_on
    coverings: pl.DataFrame  # party_organisation_id, mode, level, from_on, to_on
    terms: pl.DataFrame  # party_organisation_id, level, due_on, from_on, to_on
    assignments: pl.DataFrame  # from_on, to_on
    headcounts: pl.DataFrame  # source, counted_on, staff, full_members, members
    findings: pl.DataFrame  # field (of FINDINGS), value, from_on, to_on


@dataclass(frozen=True, slots=True)
class Counting:
    """Whose counts come first, and from which numbers on a rule looks differently at a count.

    Counts are told as the step they have reached, so that few situations hold many organisations:
    with steps 10 and 50, one of 37 staff is told as 10, and is at least 10 and under 50 as before.
    """

    staff_sources: tuple[str, ...]
    member_sources: tuple[str, ...]
    staff_steps: tuple[int, ...]  # ascending; 0 is a step always
    member_steps: tuple[int, ...]


def tell(facts: Facts, counting: Counting) -> pl.DataFrame:
    """Return spells: ``organisation_id, from_on, to_on`` (null: still), ``PLACE`` and ``SITUATION``.

    Of one organisation they follow each other without a gap, the first from the day it is known.
    """
    born = facts.organisations.select("organisation_id", born="from_on")
    flagged = (
        _flags(facts)
        .join(born, on="organisation_id")
        .with_columns(day=pl.max_horizontal("day", "born"))
    )
    days = _days(facts, born, flagged)
    told = _with_flags(days, flagged).join(
        facts.organisations.drop("from_on"), on="organisation_id", how="left"
    )
    for field in TOLD:
        told = _as_it_was(told, facts.changes.filter(pl.col("field") == field), field)
    told = _holding(told, facts.screenings, "state")
    for name in FINDINGS:
        some = facts.findings.filter(pl.col("field") == name)
        told = _holding(told, some.rename({"value": name}), name)
    told = _located(told, facts.located)
    # A filed suspension ends by itself, and then somebody must look again (``universe``).
    over = (pl.col("state") == "suspended") & (
        pl.col("suspended_until") < pl.col("day").cast(pl.String)
    )
    told = told.with_columns(state=pl.when(over).then(pl.lit("screening")).otherwise("state"))
    counts = facts.headcounts.with_columns(
        _step("staff", counting.staff_steps),
        _step("full_members", counting.member_steps),
        _step("members", (1,)),
    )
    told = _counted(told, counts, counting.staff_sources, ["staff"])
    names = ["full_members", "members"]
    told = _counted(told, counts, counting.member_sources, names)
    # Never fewer than those who declared themselves and were confirmed.
    confirmed = _counted(told.select("organisation_id", "day"), counts, (DECLARED,), names)
    confirmed = confirmed.select("organisation_id", "day", pl.col(names).name.suffix("_confirmed"))
    told = told.join(confirmed, on=["organisation_id", "day"], how="left").with_columns(
        pl.max_horizontal(name, f"{name}_confirmed").alias(name) for name in names
    )
    return _joined(_placed(told))


def _step(name: str, steps: tuple[int, ...]) -> pl.Expr:
    """The largest step that a count has reached; null stays null."""
    reached: pl.Expr = pl.when(pl.col(name).is_not_null()).then(pl.lit(0, pl.Int64))
    for step in steps:
        reached = pl.when(pl.col(name) >= step).then(pl.lit(step, pl.Int64)).otherwise(reached)
    return reached.alias(name)


def _flags(facts: Facts) -> pl.DataFrame:
    """``organisation_id, day`` and of each of ``FLAGS`` how many begin there, less those that end."""
    covered = _in_terms(facts.coverings, facts.terms)
    parts = [
        covered.with_columns(flag=pl.col("mode")),
        covered.filter(pl.col("active")).with_columns(flag=pl.lit("active")),
        covered.filter(pl.col("mode") == "alone").with_columns(
            flag=pl.when(pl.col("level").is_in(list(LEVELS)))
            .then("level")
            .otherwise(pl.lit("branch"))
        ),
        facts.assignments.with_columns(flag=pl.lit("instructed")),
    ]
    held = pl.concat(part.select("organisation_id", "flag", "from_on", "to_on") for part in parts)
    begins = held.select("organisation_id", "flag", day="from_on", step=pl.lit(1, pl.Int32))
    ends = held.select("organisation_id", "flag", day="to_on", step=pl.lit(-1, pl.Int32))
    return (
        pl.concat([begins, ends.filter(pl.col("day").is_not_null())])
        .group_by("organisation_id", "day")
        .agg(pl.col("step").filter(pl.col("flag") == name).sum().alias(name) for name in FLAGS)
    )


def _in_terms(coverings: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """Coverings cut where a term of the Party organisation begins, ends or runs out."""
    cuts = [
        terms.select("party_organisation_id", cut=day)
        for day in ("from_on", "to_on", pl.col("due_on") + ONE)
    ]
    cut = pl.concat(cuts).drop_nulls().unique()
    numbered = coverings.with_row_index("covering")
    inside = (
        numbered.join(cut, on="party_organisation_id")
        .filter(
            (pl.col("cut") > pl.col("from_on"))
            & (pl.col("to_on").is_null() | (pl.col("cut") < pl.col("to_on")))
        )
        .with_columns(from_on=pl.col("cut"))
        .drop("cut")
    )
    pieces = pl.concat([numbered, inside]).sort("covering", "from_on")
    following = pl.col("from_on").shift(-1).over("covering")
    pieces = pieces.with_columns(to_on=pl.coalesce(following, "to_on")).sort("from_on")
    held = pieces.join_asof(
        terms.select(
            "party_organisation_id",
            "from_on",
            term_level="level",
            term_due="due_on",
            term_to="to_on",
            began="from_on",
        ).sort("from_on"),
        on="from_on",
        by="party_organisation_id",
        check_sortedness=False,
    )
    holds = pl.col("began").is_not_null() & (
        pl.col("term_to").is_null() | (pl.col("term_to") > pl.col("from_on"))
    )
    over = holds & (pl.col("term_due") < pl.col("from_on"))
    return held.with_columns(
        level=pl.when(holds).then("term_level").otherwise("level"),
        active=~over.fill_null(value=False),
    )


def _days(facts: Facts, born: pl.DataFrame, flagged: pl.DataFrame) -> pl.DataFrame:
    """``organisation_id, day``: every day on which something may change, sorted."""
    dated = [
        frame.select("organisation_id", day=day)
        for frame, columns in (
            (facts.changes, ("from_on",)),
            (facts.located, ("from_on", "to_on")),
            (facts.screenings, ("from_on", "to_on")),
            (facts.findings, ("from_on", "to_on")),
            (facts.headcounts, ("counted_on",)),
        )
        for day in columns
    ]
    until = pl.col("value").str.to_date("%Y-%m-%d", strict=False) + ONE
    every = pl.concat(
        [
            born.select("organisation_id", day="born"),
            facts.findings.filter(pl.col("field") == "suspended_until").select(
                "organisation_id", day=until
            ),
            flagged.select("organisation_id", "day"),
            *dated,
        ]
    )
    return (
        every.join(born, on="organisation_id")
        .filter(pl.col("day") >= pl.col("born"))
        .select("organisation_id", "day")
        .unique()
        .sort("organisation_id", "day")
    )


def _with_flags(days: pl.DataFrame, flagged: pl.DataFrame) -> pl.DataFrame:
    """Each day's flags as 0/1, and the level of one's own Party organisation (0: none)."""
    steps = flagged.group_by("organisation_id", "day").agg(pl.col(FLAGS).sum())
    held = (
        days.join(steps, on=["organisation_id", "day"], how="left")
        .sort("organisation_id", "day")
        .with_columns(pl.col(FLAGS).fill_null(0).cum_sum().over("organisation_id") > 0)
    )
    level = pl.lit(0)
    for name, rank in LEVELS.items():
        level = pl.when(pl.col(name)).then(pl.lit(rank)).otherwise(level)
    return (
        held.with_columns(level=level.cast(pl.Int64))
        .with_columns(pl.col("alone", "joint", "attached", "active", "instructed").cast(pl.Int64))
        .drop(LEVELS)
    )


def _as_it_was(told: pl.DataFrame, changes: pl.DataFrame, field: str) -> pl.DataFrame:
    """A field's value on each day: what the first change after it took away, else what it is."""
    if changes.is_empty():
        return told
    later = (
        changes.sort("organisation_id", "from_on")
        .unique(["organisation_id", "from_on"], keep="first", maintain_order=True)
        .select(
            "organisation_id",
            was=pl.col("old_value").cast(told.schema[field]),
            changed=pl.lit(value=True),
            day=pl.col("from_on") - ONE,
        )
        .sort("day")
    )
    joined = told.sort("day").join_asof(
        later, on="day", by="organisation_id", strategy="forward", check_sortedness=False
    )
    now = pl.when(pl.col("changed").fill_null(value=False)).then("was").otherwise(field)
    return joined.with_columns(now.alias(field)).drop("was", "changed")


def _holding(told: pl.DataFrame, dated: pl.DataFrame, name: str) -> pl.DataFrame:
    """The value that held on each day, of facts that do not overlap; null between them."""
    if dated.is_empty():
        return told.with_columns(pl.lit(None, pl.String).alias(name))
    facts = dated.select("organisation_id", name, day="from_on", until="to_on").sort("day")
    joined = told.sort("day").join_asof(
        facts, on="day", by="organisation_id", check_sortedness=False
    )
    held = pl.col("until").is_null() | (pl.col("until") > pl.col("day"))
    return joined.with_columns(pl.when(held).then(name).alias(name)).drop("until")


def _counted(
    told: pl.DataFrame, headcounts: pl.DataFrame, sources: tuple[str, ...], names: list[str]
) -> pl.DataFrame:
    """Counts of the most believed source that has counted by then, its newest."""
    columns: dict[str, list[str]] = {name: [] for name in names}
    for place, source in enumerate(sources):
        of_source = headcounts.filter((pl.col("source") == source) & pl.col(names[0]).is_not_null())
        if of_source.is_empty():
            continue
        facts = of_source.select(
            "organisation_id",
            pl.col(names).name.suffix(f"_{place}"),
            pl.lit(value=True).alias(f"said_{place}"),
            day="counted_on",
        ).sort("day")
        told = told.sort("day").join_asof(
            facts, on="day", by="organisation_id", check_sortedness=False
        )
        for name in names:
            columns[name].append(f"{name}_{place}")
    said = [each[len(names[0]) + 1 :] for each in columns[names[0]]]
    for name in names:
        value = pl.lit(None, pl.Int64)
        for number in reversed(said):
            value = pl.when(pl.col(f"said_{number}")).then(f"{name}_{number}").otherwise(value)
        told = told.with_columns(value.alias(name))
    extra = [each for some in columns.values() for each in some]
    return told.drop(*extra, *(f"said_{number}" for number in said))


def _located(told: pl.DataFrame, located: pl.DataFrame) -> pl.DataFrame:
    """Where addresses lie that do not say it, as ``placing`` tells it of a single day."""
    for which in ("registered", "operating"):
        some = located.filter(pl.col("which") == which)
        for name in ("subdistrict_code", "community_code", "decided"):
            held = some.with_columns(pl.col(name).cast(pl.String).alias(f"{which}_{name}_found"))
            told = _holding(told, held, f"{which}_{name}_found")
    decided = (pl.col("registered_decided_found") == "1").fill_null(value=False)
    town, found = pl.col("subdistrict_code"), pl.col("registered_subdistrict_code_found")
    open_to_it = decided | town.is_null()
    operating = pl.col("operating_subdistrict_code")
    return told.with_columns(
        subdistrict_code=pl.when(open_to_it).then(found).otherwise(town),
        community_code=pl.when(open_to_it)
        .then("registered_community_code_found")
        .otherwise("community_code"),
        operating_subdistrict_code=pl.coalesce(operating, "operating_subdistrict_code_found"),
        operating_community_code=pl.coalesce(
            "operating_community_code",
            pl.when(operating.is_null()).then("operating_community_code_found"),
        ),
    ).select(pl.exclude("^.*_found$"))


def _placed(told: pl.DataFrame) -> pl.DataFrame:
    """Where it operates comes before where it is registered (``universe.members``)."""
    operating = pl.col("operating_subdistrict_code")
    elsewhere = operating.is_not_null() & operating.ne_missing(pl.col("subdistrict_code"))
    switches = [(pl.col(name) == "1").cast(pl.Int64) for name in ("fixed_place", "above_scale")]
    return told.with_columns(
        pl.coalesce(operating, "subdistrict_code").alias("subdistrict_code"),
        pl.coalesce("operating_community_code", pl.when(~elsewhere).then("community_code")).alias(
            "community_code"
        ),
        *switches,
    )


def _joined(told: pl.DataFrame) -> pl.DataFrame:
    """Days on which nothing changed are part of the spell before them."""
    told = told.select("organisation_id", "day", *PLACE, *SITUATION).sort("organisation_id", "day")
    same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(name).shift(1))
        for name in ("organisation_id", *PLACE, *SITUATION)
    )
    kept = told.filter(~same.fill_null(value=False))
    following = pl.col("day").shift(-1).over("organisation_id")
    return kept.with_columns(to_on=following).rename({"day": "from_on"})
