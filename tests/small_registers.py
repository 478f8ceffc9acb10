"""Small random registers: a few organisations, and all that anybody ever said about them.

Many can lie in one database, each in sub-districts of its own, so that one query asks all.

A register is plain dataclasses. Some things are *told*: entries of a day, learned at a moment,
perhaps taken back later; what held is what the latest entry up to a day says. ``written_registers``
turns them into the dated rows that the database keeps, ``brute_force`` counts from the entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from factories import LONG_AGO, NORTH, NOW, SOUTH, a_uscc

START = date(2022, 3, 1)
#: Days apart by what rules and limits ask about: 30, 31, 60, 61, 90, 91, 183, 184.
DAYS = tuple(START + timedelta(days=n) for n in (0, 1, 30, 31, 60, 61, 91, 100, 152, 183, 184, 244))
MOMENTS = tuple(NOW + timedelta(minutes=n) for n in range(5))
MODES = ("alone", "joint", "attached")
LEVELS = ("branch", "general_branch", "committee", "joint_branch")
SOURCES = ("screening", "ledger", "roster", "annual_report", "declared")
STATES = ("operating", "operating", "operating", "screening", "shell", "suspended")
CLASSES = ("NONPUBLIC", "NONPUBLIC", "SOCIAL", "PUBLIC", "REVIEW", "COOPERATIVE", "INDIVIDUAL")
#: Texts of types, each with who controls: private, hmt or foreign; whose money; wholly theirs.
TYPES: dict[str | None, tuple[str, str, bool]] = {
    "有限责任公司(自然人独资)": ("private", "", False),
    "有限责任公司(自然人投资或控股)": ("private", "", False),
    "合伙企业": ("private", "", False),
    "个人独资企业": ("private", "", True),
    "有限责任公司(中外合资)": ("private", "foreign", False),
    "有限责任公司(外商投资、非独资)": ("private", "foreign", False),
    "有限责任公司(外国法人独资)": ("foreign", "foreign", True),
    "股份有限公司(外商投资、未上市)": ("foreign", "foreign", False),
    "有限责任公司(台港澳与境内合资)": ("private", "hmt", False),
    "有限责任公司(港澳台投资、非独资)": ("private", "hmt", False),
    "有限责任公司(台港澳法人独资)": ("hmt", "hmt", True),
    None: ("private", "", False),
}
KINDS = (
    ("91", "商贸有限公司", "enterprise"), ("91", "科技有限公司", "enterprise"),
    ("93", "合作社", "enterprise"), ("92", "经营部", "enterprise"),
    ("51", "商会", "social"), ("52", "学校", "social"), ("53", "基金会", "social"),
    ("31", "律师事务所", "social"), ("91", "会计师事务所", "social"),
    ("91", "税务师事务所", "social"), ("11", "机关", "other"),
)  # fmt: skip
SWITCHES = (
    "fixed_place", "above_scale", "representative_member", "representative_secretary", "party_group",
)  # fmt: skip
FIELDS: dict[str, Sequence[str | None]] = {
    "ownership": CLASSES,
    "status": ("1", "1", "1", None, "4"),
    "enterprise_type": tuple(TYPES),
}
PLACES = ("operating_subdistrict_code", "operating_community_code", "grid_code")
FINDINGS = (*SWITCHES, *PLACES, "suspended_until")


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody said at a moment what is so from a day on (``None``: nothing any more)."""

    day: date
    value: Any
    learned: datetime
    taken_back: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """A fact as it was written: from a day to before another, learned, perhaps corrected."""

    start: date
    end: date | None
    learned: datetime
    corrected: datetime | None
    what: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Party:
    """A Party organisation: its spell, its level when founded, its terms (level and last day)."""

    spell: Spell
    level: str
    place: int | None
    terms: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation and all that was ever said about it."""

    number: int
    uscc: str
    name: str
    kind: str
    founded: date
    known: datetime
    first: dict[str, str | None]
    fields: dict[str, tuple[Told, ...]]  # what files said later; never taken back
    screenings: tuple[Told, ...]
    findings: dict[str, tuple[Told, ...]]
    coverings: tuple[Spell, ...]  # what: party, mode
    assignments: tuple[Spell, ...]  # what: instructor
    headcounts: tuple[Spell, ...]  # start is the day of the count; what: source and counts
    looks: tuple[Spell, ...]  # start is the day of a confirmation
    hires: tuple[Spell, ...]  # start, and end is the day that ended it
    applications: tuple[Spell, ...]
    transfers: tuple[Spell, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """Everything."""

    organisations: tuple[Organisation, ...]
    parties: tuple[Party, ...]
    places: tuple[Spell, ...]  # what: kind, is_key, subdistrict_code, community_code
    subdistricts: tuple[str, ...]


def made_up(random: Random, *, registers: int = 1) -> Register:
    """Return random registers side by side: no organisation of one has to do with another."""
    made: list[Register] = []
    sizes = [0, 0, 0]
    for number in range(registers):
        made.append(_Maker(random, number, *sizes).register())
        last = made[-1]
        for place, some in enumerate((last.organisations, last.parties, last.places)):
            sizes[place] += len(some)
    return Register(
        *(
            tuple(each for one in made for each in getattr(one, name))
            for name in ("organisations", "parties", "places", "subdistricts")
        )
    )


class _Maker:
    """Makes the n-th register; those before it have so many of each."""

    def __init__(
        self, random: Random, number: int, organisations: int, parties: int, places: int
    ) -> None:
        self.random = random
        self.before = (organisations, parties, places)
        self.instructors = range(3 * number, 3 * number + 3)
        codes = (NORTH, SOUTH) if number == 0 else (f"99{number:05}01", f"99{number:05}02")
        north, south = self.codes = codes
        self.communities = (f"{north}001", f"{north}002", f"{south}001")
        self.fields: dict[str, Sequence[str | None]] = {
            **FIELDS,
            "subdistrict_code": (north, north, south, None),
            "community_code": (*self.communities, None),
        }
        self.findings: dict[str, Sequence[str | None]] = {
            **dict.fromkeys(SWITCHES, ("1", "1", "0", None)),
            "operating_subdistrict_code": (north, south, None),
            "operating_community_code": (*self.communities, None),
            "grid_code": (f"{north}0010001", f"{south}0010001", None),
            "suspended_until": tuple(day.isoformat() for day in DAYS),
        }

    def register(self) -> Register:
        organisations, parties, places = self.before
        here = range(places, places + self.random.randint(0, 3))
        buildings = tuple(self.place() for _ in here)
        there = range(parties, parties + self.random.randint(1, 4))
        made = tuple(self.party(here) for _ in there)
        number = self.random.randint(0, 6)
        return Register(
            tuple(self.organisation(organisations + n, there) for n in range(1, number + 1)),
            made,
            buildings,
            self.codes,
        )

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def some(self, most: int) -> range:
        return range(self.random.randint(0, most))

    def when(self) -> tuple[datetime, datetime | None]:
        """When a fact was learned and, seldom, corrected."""
        learned = self.random.choice(MOMENTS[:3])
        if self.maybe(0.75):
            return learned, None
        return learned, self.random.choice([each for each in MOMENTS if each > learned])

    def spell(self, **what: Any) -> Spell:
        start = self.random.choice(DAYS[:-1])
        later = [day for day in DAYS if day > start]
        return Spell(
            start, self.random.choice(later) if self.maybe(0.4) else None, *self.when(), what
        )

    def told(self, values: Sequence[Any], most: int) -> tuple[Told, ...]:
        found = {}
        for _ in self.some(most):
            learned, gone = self.when()
            day = self.random.choice(DAYS)
            found[day, learned] = Told(day, self.random.choice(values), learned, gone)
        return tuple(found.values())

    def files(self, values: Sequence[Any], known: datetime) -> tuple[Told, ...]:
        """What files said of a field, none of them before the one that brought the organisation."""
        if self.maybe(0.6):
            return ()
        said = (replace(each, learned=max(each.learned, known)) for each in self.told(values, 2))
        return tuple({(e.day, e.learned): replace(e, taken_back=None) for e in said}.values())

    def place(self) -> Spell:
        community = self.random.choice([*self.communities, None])
        return self.spell(
            kind=self.random.choice(["building", "building", "park"]),
            is_key=self.maybe(0.7),
            subdistrict_code=community[:9] if community else self.codes[0],
            community_code=community,
        )

    def party(self, places: range) -> Party:
        start = LONG_AGO if self.maybe(0.6) else self.random.choice(DAYS[:5])
        end = self.random.choice(DAYS[5:]) if self.maybe(0.2) else None
        terms = self.told([(level, None) for level in LEVELS], 2)
        dated = tuple(
            Told(
                each.day,
                (each.value[0], self.random.choice([None, *(d for d in DAYS if d > each.day)])),
                each.learned,
                each.taken_back,
            )
            for each in terms
        )
        place = self.random.choice(places) if places and self.maybe(0.5) else None
        return Party(Spell(start, end, *self.when()), self.random.choice(LEVELS), place, dated)

    def organisation(self, number: int, parties: range) -> Organisation:
        prefix, word, kind = self.random.choice(KINDS)
        first = {name: self.random.choice(values) for name, values in self.fields.items()}
        if kind == "social" and self.maybe(0.8):
            first["ownership"] = "SOCIAL"
        known = self.random.choice(MOMENTS[:2])
        screened = self.told(STATES, 2)
        if self.maybe(0.6):
            screened = (*screened, Told(LONG_AGO, "operating", MOMENTS[0]))
        return Organisation(
            number=number,
            uscc=a_uscc(number, prefix=prefix),
            name=f"示例{number}号{word}",
            kind=kind,
            founded=LONG_AGO if self.maybe(0.7) else self.random.choice(DAYS),
            known=known,
            first=first,
            fields={name: self.files(values, known) for name, values in self.fields.items()},
            screenings=screened,
            findings={
                name: self.told(values, 2)
                for name, values in self.findings.items()
                if self.maybe(0.5)
            },
            coverings=self.coverings(parties),
            assignments=tuple(
                self.spell(instructor=self.random.choice(self.instructors)) for _ in self.some(2)
            ),
            headcounts=self.headcounts(),
            looks=tuple(self.spell() for _ in self.some(1)),
            hires=self.events(),
            applications=self.events(),
            transfers=self.events(),
        )

    def coverings(self, parties: range) -> tuple[Spell, ...]:
        """At most one by each Party organisation, and one alone at a time, as the register keeps."""
        chosen = self.random.sample(parties, self.random.randint(0, min(len(parties), 2)))
        found: list[Spell] = []
        for party in chosen:
            mode = self.random.choice(MODES)
            if any(each.what["mode"] == "alone" for each in found):
                mode = "joint"
            found.append(self.spell(party=party, mode=mode))
        return tuple(found)

    def headcounts(self) -> tuple[Spell, ...]:
        found = {}
        for _ in self.some(4):
            source, day = self.random.choice(SOURCES), self.random.choice(DAYS[:6])
            found[source, day] = Spell(day, None, *self.when(), {"source": source, **self.counts()})
        return tuple(found.values())

    def counts(self) -> dict[str, int | None]:
        pick = self.random.choice
        return {
            "staff": pick([None, 0, 9, 10, 29, 30, 49, 50, 99, 100]),
            "members": pick([None, 0, 1, 2, 3, 5]),
            "full_members": pick([None, None, 0, 1, 2, 3]),
            "probationary_members": pick([None, None, 0, 1, 2]),
            "members_in": pick([None, None, 0, 2, 3]),
            "members_out": pick([None, 0, 1]),
            "activists": pick([None, 0, 2]),
            "instructors_counted": pick([None, None, None, 0, 1]),
        }

    def events(self) -> tuple[Spell, ...]:
        """Something that started on a day and perhaps ended on it or on a later one."""
        found = []
        for _ in self.some(2):
            start = self.random.choice(DAYS)
            end = self.random.choice([None, *(day for day in DAYS if day >= start)])
            found.append(Spell(start, end, *self.when()))
        return tuple(found)
