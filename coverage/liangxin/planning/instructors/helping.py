"""Where one more instructor would help most. Pure.

The prices of a plan tell what each organisation costs at best; whoever could take some for less
would help by the difference, at most. The communities that promise most are then really planned
with one more person in them, because a promise of prices is a bound and not a plan.
"""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from liangxin.errors import Misuse
from liangxin.planning.budget import Budget
from liangxin.planning.distance import Numbers, Place
from liangxin.planning.instructors.candidates import CandidateRule, Candidates, choose
from liangxin.planning.instructors.checker import Recount, recount
from liangxin.planning.instructors.flow import Flowed, assign
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.prices import unit_prices
from liangxin.planning.instructors.problem import Pair, Person, Problem, validate

#: Communities that are really planned with one more.
_TRIED = 3


@dataclass(frozen=True, slots=True)
class OneMore:
    """One more instructor, and what the plan becomes with them."""

    subdistrict: str
    community: str | None
    sectors: tuple[str, ...]  # of the organisations they would have, the most frequent first
    organisations: int  # they would have
    before: Recount
    after: Recount

    @property
    def reached(self) -> int:
        """How many more organisations are reached."""
        return self.before.unreached - self.after.unreached

    @property
    def zh(self) -> str:
        """One sentence for the page."""
        where = self.community or self.subdistrict
        if self.reached:
            return f"在 {where} 增加 1 名指导员，可多联系 {self.reached} 个单位。"
        return f"在 {where} 增加 1 名指导员最有帮助：由其联系 {self.organisations} 个单位。"

    @property
    def en(self) -> str:
        """The same sentence in English."""
        where = self.community or self.subdistrict
        if self.reached:
            return f"One more instructor in {where} reaches {self.reached} more organisations."
        return (
            f"One more instructor in {where} helps most: they would have {self.organisations} "
            "organisations."
        )


def one_more(
    problem: Problem, *, seconds: float = 60.0, seed: int = 0, rule: CandidateRule | None = None
) -> OneMore | None:
    """Return where one more would help most, of all sectors and willing; null: nowhere, or no time.

    Takes up to four plans, each the best there is.

    Raises:
        Misuse: as ``plans.plan``, or the rule set counts hours or asks for agreed pairs only.
    """
    validate(problem)
    if problem.limits.by_hours or problem.limits.consent == "agreed":
        raise Misuse(
            "按工时排定或只用双方已同意的人选时，不能推算增加一名指导员的作用。",
            "what one more instructor would do cannot be told of plans by hours or of agreed pairs.",
        )
    rule = rule or CandidateRule()
    budget = Budget.of(seconds)
    flowed = _flowed(problem, rule, budget, seed)
    if not budget.left:  # a plan cut short would make any other look better
        return None
    before = recount(problem, flowed.net, named(problem, flowed.assigned))
    best: OneMore | None = None
    for place in _promising(flowed, choose(flowed.net.permitted, rule, seed)):
        if best is not None and not budget.left:
            break
        found = _with(problem, place, rule, budget, seed, before)
        if found.after.levels < before.levels or found.organisations:
            best = min((best or found, found), key=lambda each: each.after.levels)
    return best


def named(problem: Problem, persons: Numbers) -> list[Pair]:
    """Return a plan as names, in the order of the organisations."""
    return [
        (unit.id, problem.people[person].id)
        for unit, person in zip(problem.units, persons.tolist(), strict=True)
        if person >= 0
    ]


def _flowed(problem: Problem, rule: CandidateRule, budget: Budget, seed: int) -> Flowed:
    # Priced over all pairs: over candidates alone, another person may seem to reach many by chance.
    return assign(Permitted(problem), rule, budget, seed=seed)


def _promising(flowed: Flowed, pairs: Candidates) -> list[Place]:
    """The places whose organisations would save most if someone new took the dearest of them."""
    net = flowed.net
    dear = unit_prices(net, flowed.prices, pairs)
    places: dict[Place, list[int]] = {}
    for at in net.permitted.units.tolist():
        place = net.permitted.problem.units[at].place
        places.setdefault(Place(place.subdistrict, place.community), []).append(at)
    load = min(net.permitted.problem.limits.load, net.permitted.problem.limits.load_most)
    promise = {
        place: int(np.sort(dear[np.array(units)])[-load:].sum()) for place, units in places.items()
    }
    return sorted(places, key=lambda place: (-promise[place], str(place)))[:_TRIED]


def _with(
    problem: Problem,
    place: Place,
    rule: CandidateRule,
    budget: Budget,
    seed: int,
    before: Recount,
) -> OneMore:
    sectors = frozenset(unit.sector for unit in problem.units if unit.sector)
    name = "+" + max((person.id for person in problem.people), default="", key=len)
    newcomer = Person(name, "full_time", place, sectors, frozenset({place.subdistrict}))
    larger = replace(problem, people=(*problem.people, newcomer))
    flowed = _flowed(larger, rule, budget, seed)
    pairs = named(larger, flowed.assigned)
    units = {unit.id: unit for unit in problem.units}
    theirs = [units[unit] for unit, person in pairs if person == name]
    frequent = Counter(unit.sector for unit in theirs if unit.sector).most_common()
    return OneMore(
        subdistrict=place.subdistrict,
        community=place.community,
        sectors=tuple(sector for sector, _ in frequent),
        organisations=len(theirs),
        before=before,
        after=recount(larger, flowed.net, pairs),
    )
