"""What the cells of a ledger's row say about each other: headcount, members, Party organisation.

Each rule is one column of faults. Where two figures disagree nobody knows which one is wrong, so
the row is told and neither is changed. Where a file lacks a column nothing is said about it.
"""

from collections.abc import Callable, Iterable, Mapping

import polars as pl

from ingest.kinds.kind import Across, Sheet

#: Three full members must form a branch; a joint branch covers five units at most (work
#: regulation for branches of 2018; domain notes §4.3).
BRANCH_FROM, JOINT_UP_TO = 3, 5
#: Insured and working people may differ by this many, or this share, before anybody is asked.
INSURED_APART, INSURED_SHARE = 5, 0.2
#: Ten thousand yuan a year: the highest and lowest of the state's thresholds for "above scale"
#: that hold by revenue alone (industry and wholesale; retail and catering), and staff (services).
SCALE_ALL, SCALE_LEAST, SCALE_STAFF = 2_000, 500, 50
#: States of organisations that nothing can be formed in any more.
GONE = ("closed", "moved", "not_found", "shell", "struck_off", "revoked")
#: How members can be counted, the nearest to "full members" first.
MEMBER_FIGURES = ("full_members", "members_in", "members")


def _told(condition: pl.Expr, code: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(code)).otherwise(pl.lit(""))


def _first(*faults: tuple[pl.Expr, str]) -> pl.Expr:
    named = [pl.when(condition).then(pl.lit(code)) for condition, code in faults]
    return pl.coalesce(*named, pl.lit(""))


def headcount(sheet: Sheet) -> Mapping[str, pl.Expr]:
    """Staff, insured and members against each other."""
    staff, insured, members = pl.col("staff"), pl.col("insured"), pl.col("members")
    apart = pl.max_horizontal(pl.lit(INSURED_APART), staff * INSURED_SHARE)
    operating = pl.col("state").is_in(["operating", "present"])  # a firm; a social organisation
    untold = operating & staff.is_null() & (pl.col("staff_fault") == "")
    return {
        "staff_operating_fault": _first(
            (operating & (staff == 0), "zero"),
            (untold & pl.lit("staff" in sheet.has), "untold"),
        ),
        "members_staff_fault": _first(
            (members > staff, "members"),
            (members.is_null() & (pl.col("members_in") > staff), "members_in"),
        ),
        "insured_staff_fault": _first(
            (insured > staff, "more"), (staff - insured > apart, "fewer")
        ),
        "full_probationary_fault": _differs("members", "full_members", "probationary_members"),
        "in_out_fault": _differs("members", "members_in", "members_out"),
    }


def _differs(whole: str, *parts: str) -> pl.Expr:
    total = pl.sum_horizontal(parts, ignore_nulls=False)
    return _told(total != pl.col(whole), "differs")


def parts_of(pairs: Iterable[tuple[str, str]]) -> Across:
    """Return the rule that a part is not more than its whole, for each pair of fields."""
    given = tuple(pairs)

    def across(sheet: Sheet) -> Mapping[str, pl.Expr]:  # noqa: ARG001
        return {
            f"{part}_part_fault": _told(pl.col(part) > pl.col(whole), "more")
            for part, whole in given
        }

    return across


def sums_of(name: str, whole: str, *parts: str) -> Across:
    """Return the rule ``<name>_sum_fault`` that parts make up their whole."""
    return lambda sheet: {f"{name}_sum_fault": _differs(whole, *parts)}  # noqa: ARG005


def insurance(sheet: Sheet) -> Mapping[str, pl.Expr]:  # noqa: ARG001
    """Whether anybody is insured against how many are."""
    paid, insured = pl.col("insured_any"), pl.col("insured")
    return {
        "insured_any_agree_fault": _first(
            (~paid & (insured > 0), "not_but_some"), (paid & (insured == 0), "some_but_none")
        )
    }


def party_organisation(*, form_ticks: Iterable[str], level_ticks: Iterable[str]) -> Across:
    """Return the rules on what stands about a Party organisation that is there, or is not.

    The ticks are the columns that may stand in for those of form and level.
    """
    form_columns = {"form", *form_ticks}
    level_columns = {"level", *level_ticks}

    def across(sheet: Sheet) -> Mapping[str, pl.Expr]:
        built, form, level = pl.col("built"), pl.col("form"), pl.col("level")
        some_level = level.is_not_null() & (level != "none")
        alone, joint = form == "alone", form == "joint"
        several = pl.col("joint_units")
        return {
            "built_form_fault": _told(
                built
                & form.is_null()
                & (pl.col("form_fault") == "")
                & pl.lit(bool(form_columns & sheet.has)),
                "missing",
            ),
            "built_level_fault": _first(
                (built & (level == "none"), "none"),
                (
                    built
                    & level.is_null()
                    & (pl.col("level_fault") == "")
                    & pl.lit(bool(level_columns & sheet.has)),
                    "missing",
                ),
            ),
            "not_built_fault": _first(
                (~built & pl.col("party_name").is_not_null(), "name"),
                (~built & some_level, "level"),
                (~built & form.is_not_null(), "form"),
                (~built & pl.col("built_on").is_not_null(), "date"),
            ),
            "level_form_fault": _first(
                (alone & (level == "joint_branch"), "alone"),
                (joint & level.is_in(["committee", "general_branch"]), "joint"),
            ),
            "alone_fault": _by_figure(
                alone,
                lambda count: count < BRANCH_FROM,
            ),
            "joint_units_many_fault": _first(
                (several > JOINT_UP_TO, "many"),
                ((joint | (level == "joint_branch")) & (several == 1), "one"),
            ),
        }

    return across


def unbuilt(sheet: Sheet) -> Mapping[str, pl.Expr]:
    """Why there is no Party organisation, where there could or should be one."""
    built, reason = pl.col("built"), pl.col("reason")
    unsaid = reason.is_null() & (pl.col("reason_fault") == "")
    here = ~pl.col("state").is_in(GONE).fill_null(value=False)
    members = pl.max_horizontal(pl.col(figure) for figure in MEMBER_FIGURES)
    return {
        "unbuilt_fault": _by_figure(~built & unsaid & here, lambda count: count >= BRANCH_FROM),
        "reason_members_fault": _first(
            ((reason == "no_members") & (members > 0), "some"),
            ((reason == "should_be_built") & (members < BRANCH_FROM), "few"),
        ),
        "reason_built_fault": _told(
            built & reason.is_not_null() & pl.lit("built" in sheet.has), "contradicts"
        ),
    }


def _by_figure(where: pl.Expr, odd: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The figure that tells, by its field's name: the first one that the row has."""
    figures = [pl.col(name) for name in MEMBER_FIGURES]
    cases = [
        (
            where
            & odd(figure)
            & pl.all_horizontal(pl.lit(value=True), *(f.is_null() for f in figures[:place])),
            name,
        )
        for place, (name, figure) in enumerate(zip(MEMBER_FIGURES, figures, strict=True))
    ]
    return _first(*cases)


def scale(sheet: Sheet) -> Mapping[str, pl.Expr]:  # noqa: ARG001
    """Above scale or not, against revenue and staff, where these decide it in every trade."""
    above, revenue, staff = pl.col("above_scale"), pl.col("revenue"), pl.col("staff")
    return {
        "above_scale_agree_fault": _first(
            (~above & (revenue >= SCALE_ALL), "above"),
            (above & (revenue < SCALE_LEAST) & (staff < SCALE_STAFF), "below"),
        )
    }


def head(member: str, secretary: str) -> Across:
    """Return the rule on an owner or head who is said to be secretary: a member, of something."""

    def across(sheet: Sheet) -> Mapping[str, pl.Expr]:  # noqa: ARG001
        is_secretary = pl.col(secretary)
        return {
            f"{secretary}_agree_fault": _first(
                (is_secretary & ~pl.col(member), "no_member"),
                (is_secretary & ~pl.col("built"), "not_built"),
            )
        }

    return across


def founded_first(earlier: str, later: str) -> Across:
    """Return the rule that one day is not after another."""
    return lambda sheet: {  # noqa: ARG005
        f"{later}_order_fault": _told(pl.col(later) < pl.col(earlier), "before")
    }


def room(sheet: Sheet) -> Mapping[str, pl.Expr]:  # noqa: ARG001
    """A room of one's own against its area."""
    return {
        "own_room_agree_fault": _told(
            ~pl.col("own_room") & (pl.col("room_area") > 0), "contradicts"
        )
    }
