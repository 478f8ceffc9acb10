"""A district like Wuling in 2022, made up from a seed: files as offices would send them. Pure.

Real are the sub-districts, the communities and the figures of the case: 504 of 900
organisations covered on 2022-03-31, 693 of 900 on 2022-09-30, through 65 new Party
organisations that took in 189. Invented is every organisation, name, code and address; there
are no people. Which sub-district has how many is invented too.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from liangxin.ids import uscc

DISTRICT = "430702"
BEFORE, AFTER = date(2022, 3, 31), date(2022, 9, 30)
SCREENED_ON = date(2021, 12, 31)

#: Share of the Party organisations before the case that were founded in its first quarter.
RECENT = 0.1

#: code -> (organisations that count, covered before, new alone, new joint of 4, new joint of 3)
PLAN = {
    "430702001": (112, 58, 3, 5, 1),
    "430702002": (95, 50, 2, 4, 1),
    "430702003": (88, 52, 2, 3, 1),
    "430702004": (84, 46, 1, 3, 1),
    "430702005": (66, 41, 1, 2, 1),
    "430702007": (98, 49, 3, 4, 1),
    "430702008": (82, 47, 2, 3, 1),
    "430702009": (60, 35, 1, 2, 1),
    "430702010": (86, 45, 2, 3, 1),
    "430702011": (74, 46, 2, 3, 1),
    "430702012": (55, 35, 1, 2, 1),
}
#: Registered, but not in the denominator: screening state -> how many, and what a visit found.
OUTSIDE = {
    "shell": (96, "无人员、无场地、无经营"),
    "moved": (34, "已迁出本区"),
    "closed": (41, "已停止经营，正在注销"),
    "not_found": (28, "登记住所查无此企业"),
}
STATE_OWNED, INDIVIDUAL, UNSCREENED, COOPERATIVE = 27, 60, 45, 8
FIRM_TYPES = (
    "有限责任公司(自然人投资或控股)",
    "有限责任公司(自然人投资或控股)",
    "有限责任公司(自然人独资)",
    "有限责任公司(自然人独资)",
    "个人独资企业",
    "普通合伙企业",
    "有限责任公司(港澳台法人独资)",
    "股份有限公司(非上市、自然人投资或控股)",
)
SOCIAL_TYPES = {"51": "社会团体", "52": "民办非企业单位", "53": "基金会"}
BRAND = "沅澧棹砚禾瓴岫汀筱蘅芷荻杳澹泠皋埠笠楫磬篁霁暄昶珩琨璟瑭翊翀"
TRADES = (
    "商贸",
    "科技",
    "餐饮管理",
    "建材",
    "物流",
    "文化传媒",
    "医疗器械",
    "农产品",
    "装饰工程",
    "信息技术",
)
SOCIAL_NAMES = {"51": "商会", "52": "社会工作服务中心", "53": "公益基金会"}
ROADS = ("沅汀路", "砚池街", "棹歌巷", "芷皋路", "荻花街", "霁月路", "篁里路", "昶明大道")


@dataclass(frozen=True, slots=True)
class District:
    """The demo's files and facts, each a frame; dates are those of the case."""

    market_before: pl.DataFrame
    market_after: pl.DataFrame
    civil_affairs: pl.DataFrame
    screenings: pl.DataFrame
    party_organisations: pl.DataFrame
    coverings: pl.DataFrame  # `key` of the Party organisation instead of an id
    instructors: pl.DataFrame
    assignments: pl.DataFrame  # `key` of the instructor instead of an id


@dataclass(frozen=True, slots=True)
class _Organisation:
    uscc: str
    name: str
    type: str
    founded: date
    capital: str
    address: str
    subdistrict: str
    state: str  # screening state; "" for never screened
    evidence: str


def build(divisions: pl.DataFrame, *, seed: int = 2022) -> District:
    """Make the district from the division list (for the names of its places) and a seed."""
    maker = _Maker(divisions, seed)
    counted = {code: maker.counted(code, PLAN[code][0]) for code in PLAN}
    outside = maker.outside()
    everyone = [each for some in counted.values() for each in some] + outside
    party, coverings, assignments, instructors = _Coverage(maker.chance).of(counted, maker.towns)
    firms = [each for each in everyone if each.uscc[0] == "9"]
    social = [each for each in everyone if each.uscc[0] == "5"]
    return District(
        market_before=_market(firms, as_of=BEFORE),
        market_after=_market(firms, as_of=AFTER),
        civil_affairs=_civil_affairs(social),
        screenings=_screenings(everyone),
        party_organisations=party,
        coverings=coverings,
        instructors=instructors,
        assignments=assignments,
    )


class _Maker:
    """Invents organisations; all chance comes from one seeded source."""

    def __init__(self, divisions: pl.DataFrame, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a demo, nothing secret
        self.towns: dict[str, str] = dict(
            divisions.filter(pl.col("parent_code") == DISTRICT).select("code", "name").iter_rows()
        )
        self._communities = {
            code: [
                name
                for parent, name in divisions.filter(pl.col("level") == "community")
                .select("parent_code", "name")
                .iter_rows()
                if parent == code
            ]
            for code in self.towns
        }
        self._names: set[str] = set()
        self._codes: set[str] = set()

    def counted(self, subdistrict: str, size: int) -> list[_Organisation]:
        """Organisations of a sub-district that operate: one in seven a social organisation."""
        return [
            self._organisation(
                subdistrict,
                prefix=self.chance.choice(("51", "52", "52", "53")) if n % 7 == 3 else "91",
                state="operating",
                evidence="2021年四季度摸排：有场地、有人员、正常经营",
            )
            for n in range(size)
        ]

    def outside(self) -> list[_Organisation]:
        """Organisations that do not count, each for one of the reasons there are."""
        made = []
        for state, (size, evidence) in OUTSIDE.items():
            for _ in range(size):
                road_only = self.chance.random() < 0.3
                made.append(
                    self._organisation(
                        self._anywhere(), state=state, evidence=evidence, road_only=road_only
                    )
                )
        found = "2021年四季度摸排：正常经营"
        for kind, size in (
            ("有限责任公司(国有独资)", STATE_OWNED),
            ("个体工商户", INDIVIDUAL),
            ("农民专业合作社", COOPERATIVE),
        ):
            prefix = {"个体工商户": "92", "农民专业合作社": "93"}.get(kind, "91")
            made += [
                self._organisation(
                    self._anywhere(), prefix=prefix, kind=kind, state="operating", evidence=found
                )
                for _ in range(size)
            ]
        made += [
            self._organisation(self._anywhere(), road_only=n % 3 == 0) for n in range(UNSCREENED)
        ]
        return made

    def _anywhere(self) -> str:
        return self.chance.choice(list(self.towns))

    def _organisation(
        self,
        subdistrict: str,
        *,
        prefix: str = "91",
        kind: str = "",
        state: str = "",
        evidence: str = "",
        road_only: bool = False,
    ) -> _Organisation:
        kind = kind or SOCIAL_TYPES.get(prefix) or self.chance.choice(FIRM_TYPES)
        return _Organisation(
            uscc=self._code(prefix),
            name=self._name(prefix, kind),
            type=kind,
            founded=date(2004, 1, 5) + timedelta(days=self.chance.randrange(6_300)),
            capital=f"{self.chance.choice((10, 20, 30, 50, 100, 200, 500))}(万元人民币)",
            address=self._address(subdistrict, road_only=road_only),
            subdistrict=subdistrict,
            state=state,
            evidence=evidence,
        )

    def _code(self, prefix: str) -> str:
        """A valid code that no real registrar has given: body ``MQ`` and six more."""
        while True:
            body = "MQ" + "".join(self.chance.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=6))
            first17 = prefix + DISTRICT + body + organisation_code_check(body)
            code = first17 + uscc.check_character(first17)
            if code not in self._codes:
                self._codes.add(code)
                return code

    def _name(self, prefix: str, kind: str) -> str:
        while True:
            brand = "".join(self.chance.sample(BRAND, 3))
            trade = self.chance.choice(TRADES)
            if prefix in SOCIAL_NAMES:
                name = f"常德市武陵区{brand}{SOCIAL_NAMES[prefix]}"
            elif prefix == "92":
                name = f"武陵区{brand}{trade}店"
            elif prefix == "93":
                name = f"常德市武陵区{brand}种养专业合作社"
            elif "合伙" in kind:
                name = f"常德市{brand}{trade}中心(普通合伙)"
            elif "独资企业" in kind:
                name = f"常德市{brand}{trade}厂"
            else:
                name = f"常德市{brand}{trade}{'股份' if '股份' in kind else ''}有限公司"
            if name not in self._names:
                self._names.add(name)
                return name

    def _address(self, subdistrict: str, *, road_only: bool) -> str:
        town = self.towns[subdistrict]
        community = self.chance.choice(self._communities[subdistrict])
        road = f"{self.chance.choice(ROADS)}{self.chance.randrange(1, 999)}号"
        if road_only:
            return f"湖南省常德市武陵区{road}"
        shape = self.chance.random()
        if shape < 0.12 and len(community) > 3:
            return f"常德市武陵区{community}{road}"
        if shape < 0.3 and town.endswith("街道"):
            return f"常德市武陵区{town}办事处{community}{road}"
        return f"湖南省常德市武陵区{town}{community}{road}"


class _Coverage:
    """Who is covered by what, since when: the case's 504, then 65 more Party organisations."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self._party: list[tuple[str, str, str, str, date]] = []
        self._coverings: list[tuple[str, str, str, date]] = []
        self._joint: dict[str, int] = {}  # joint branches of each sub-district so far

    def of(
        self, counted: dict[str, list[_Organisation]], towns: dict[str, str]
    ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Return Party organisations, coverings, assignments and instructors."""
        instructors: list[tuple[str, str, str, str]] = []
        assignments: list[tuple[str, str, date]] = []
        for code, (_, before, alone, fours, threes) in PLAN.items():
            waiting = self.chance.sample(counted[code], len(counted[code]))
            for size in _old_groups(before):
                group, waiting = waiting[:size], waiting[size:]
                since = date(2012, 7, 1) + timedelta(days=self.chance.randrange(3_300))
                if self.chance.random() < RECENT:
                    since = date(2022, 1, 10) + timedelta(days=self.chance.randrange(75))
                self._found(code, towns[code], group, since)
            for size in [1] * alone + [4] * fours + [3] * threes:
                group, waiting = waiting[:size], waiting[size:]
                since = date(2022, 4, 6) + timedelta(days=self.chance.randrange(170))
                self._found(code, towns[code], group, since)
            self._send(code, towns[code], waiting, instructors, assignments)
        party = ["key", "name", "level", "subdistrict_code", "from_on"]
        return (
            pl.DataFrame(self._party, schema=party, orient="row"),
            pl.DataFrame(self._coverings, schema=["key", "uscc", "mode", "from_on"], orient="row"),
            pl.DataFrame(assignments, schema=["key", "uscc", "from_on"], orient="row"),
            pl.DataFrame(
                instructors, schema=["key", "name", "kind", "subdistrict_code"], orient="row"
            ),
        )

    def _found(self, code: str, town: str, group: list[_Organisation], since: date) -> None:
        key = f"{code}-{len(self._party) + 1:03}"
        if len(group) == 1:
            name, level, mode = f"中共{group[0].name}支部委员会", "branch", "alone"
        else:
            number = self._joint.setdefault(code, 0) + 1
            self._joint[code] = number
            name, level, mode = f"{town}第{number}联合党支部", "joint_branch", "joint"
        self._party.append((key, name, level, code, since))
        self._coverings += [(key, each.uscc, mode, since) for each in group]

    def _send(
        self,
        code: str,
        town: str,
        waiting: list[_Organisation],
        instructors: list[tuple[str, str, str, str]],
        assignments: list[tuple[str, str, date]],
    ) -> None:
        """Send an instructor to three organisations each, half of those still without cover."""
        reached = waiting[: len(waiting) // 2]
        for place in range(0, len(reached), 3):
            key = f"{code}-I{place // 3 + 1}"
            instructors.append((key, f"{town}指导员{place // 3 + 1}号", "subdistrict_cadre", code))
            since = date(2022, 2, 15) + timedelta(days=self.chance.randrange(200))
            assignments += [(key, each.uscc, since) for each in reached[place : place + 3]]


def _old_groups(covered: int) -> list[int]:
    """Sizes of the Party organisations that cover so many: some alone, joint ones of 3 to 5."""
    alone = covered // 6
    rest = covered - alone
    fours, left = divmod(rest, 4)
    joint = [4] * fours
    for extra in range(left):
        joint[extra] += 1
    return [1] * alone + joint


def organisation_code_check(body: str) -> str:
    """Return the ninth character of an organisation code (GB 11714) for its first eight."""
    values = [int(c) if c.isdigit() else ord(c) - 55 for c in body]
    total = sum(v * w for v, w in zip(values, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return "0123456789X0"[11 - total % 11]


def _market(firms: list[_Organisation], *, as_of: date) -> pl.DataFrame:
    """The regulator's export; by the second one, closed firms have been struck off."""
    return pl.DataFrame(
        {
            "企业名称": [each.name for each in firms],
            "统一社会信用代码": [each.uscc for each in firms],
            "企业类型": [each.type for each in firms],
            "成立日期": [each.founded.isoformat() for each in firms],
            "注册资本": [each.capital for each in firms],
            "住所": [each.address for each in firms],
            "登记状态": [
                "注销" if each.state == "closed" and as_of == AFTER else "存续（在营、开业、在册）"
                for each in firms
            ],
            "行政区划": [DISTRICT] * len(firms),
        }
    )


def _civil_affairs(social: list[_Organisation]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "统一社会信用代码": [each.uscc for each in social],
            "社会组织名称": [each.name for each in social],
            "社会组织类型": [each.type for each in social],
            "成立登记日期": [each.founded.isoformat() for each in social],
            "住所": [each.address for each in social],
            "状态": ["正常"] * len(social),
        }
    )


def _screenings(everyone: list[_Organisation]) -> pl.DataFrame:
    screened = [each for each in everyone if each.state]
    return pl.DataFrame(
        {
            "uscc": [each.uscc for each in screened],
            "state": [each.state for each in screened],
            "evidence": [each.evidence for each in screened],
            "decided_by": ["街道经济办"] * len(screened),
            "from_on": [SCREENED_ON] * len(screened),
        }
    )
