"""The words of a plan: why a pair, why none, why a change. Chinese first. Pure."""

from dataclasses import dataclass

from liangxin.planning.distance import Step, between, step
from liangxin.planning.instructors.problem import Person, Problem, Unit


@dataclass(frozen=True, slots=True)
class Words:
    """One reason in both languages."""

    zh: str
    en: str


#: Why a pair may not be (``problem.refusal``).
REFUSALS: dict[str, Words] = {
    "never": Words("人工禁止", "forbidden by hand"),
    "conflict": Words("存在利益关系，应回避", "conflict of interest"),
    "unit_declined": Words("单位不同意", "the organisation declined"),
    "person_declined": Words("本人或派出单位不同意", "the person or their office declined"),
    "not_agreed": Words("双方尚未同意", "not yet agreed by both sides"),
    "elsewhere": Words("不在其服务街道", "outside the sub-districts they serve"),
}

#: Why an organisation has nobody.
UNREACHED: dict[str, Words] = {
    "unit_declined": Words("单位不同意选派", "the organisation does not want an instructor"),
    "nobody": Words("没有可选派的人员", "there is nobody to send"),
    "no_consent": Words(
        "所有服务该街道的人员都有拒绝、应回避、未同意或被人工禁止的情形",
        "everybody who serves its sub-district declined, was declined, has a conflict, has not "
        "agreed, or is forbidden by hand",
    ),
    "locked_out": Words(
        "服务该街道的人员都被人工禁止（锁定）",
        "everybody who serves its sub-district is forbidden by hand (a lock)",
    ),
    "no_scope": Words("没有人员服务该街道", "nobody serves its sub-district"),
    "no_room": Words("可选人员都已排满", "everybody who may is full"),
    "too_long": Words(
        "所需工时超过任何一名可选人员尚可承担的工时",
        "it takes more hours than anybody who may has to give",
    ),
}

#: Why a pair is there.
REASONS: dict[str, Words] = {
    "locked": Words("人工锁定", "locked by hand"),
    "kept": Words("沿用现行安排", "keeps the plan in force"),
    "renewed": Words("任期届满，由原指导员续任", "its term ends and is renewed"),
    "same_building": Words("同一楼宇", "same building"),
    "same_community": Words("同一社区", "same community"),
    "neighbouring": Words("相邻社区", "neighbouring community"),
    "same_subdistrict": Words("同一街道", "same sub-district"),
    "elsewhere": Words("跨街道", "another sub-district"),
    "same_sector": Words("同一行业", "same sector"),
    "other_sector": Words("行业不同", "another sector"),
}

#: Why a pair of the plan in force is not there any more.
CHANGES: dict[str, Words] = {
    "person_left": Words("原指导员已不在名单中", "the former instructor is no longer listed"),
    "unit_left": Words("单位已不在名单中", "the organisation is no longer listed"),
    "no_capacity": Words("原指导员不再承担或量已减", "the former instructor has no more room"),
    "locked": Words("人工改定", "changed by hand"),
    "dropped": Words(
        "原指导员的名额让给了别的单位", "the former instructor's place went to another"
    ),
    "reach": Words(
        "腾出名额，使更多单位有人联系", "makes room so that more organisations are reached"
    ),
    "balance": Words("为均衡各指导员的数量", "evens out the loads"),
    "nearer": Words("换为更近、更对口的人员", "a nearer or better fitting person"),
    "chain": Words("为别的调整让位", "gives way to another change"),
    **REFUSALS,
}


def reasons(
    unit: Unit, person: Person, problem: Problem, near: Step, *, kept: bool
) -> tuple[str, ...]:
    """Return the codes of ``REASONS`` that hold of a pair; ``near``: how near the two are."""
    found: list[str] = []
    if (unit.id, person.id) in problem.must:
        found.append("locked")
    found.append(near)
    if unit.sector is not None:
        found.append("same_sector" if unit.sector in person.sectors else "other_sector")
    if kept:
        found.append("kept")
        if (unit.id, person.id) in problem.ending:
            found.append("renewed")
    return tuple(found)


def nearness(unit: Unit, person: Person, problem: Problem) -> Step:
    """Return how near the two are, as a code of ``REASONS``."""
    return step(unit.place, person.place, problem.neighbours)


def points(unit: Unit, person: Person, problem: Problem, near: Step | None = None) -> int:
    """Return the points of a pair in 100 m; 0 is best.

    The same number as ``permitted.Permitted.points`` gives, one pair at a time and without arrays.
    ``near``: how near the two are, where that is known already.
    """
    limits = problem.limits
    here, there = unit.place, person.place
    total = between(here, there, near or step(here, there, problem.neighbours))
    if unit.sector is not None and unit.sector not in person.sectors:
        total += limits.sector_points
    if here.community and there.community and here.community != there.community:
        total += limits.crossing_points
    return total


def sentence(codes: tuple[str, ...], words: dict[str, Words]) -> Words:
    """Return several reasons as one phrase."""
    return Words(
        "，".join(words[code].zh for code in codes), ", ".join(words[code].en for code in codes)
    )
