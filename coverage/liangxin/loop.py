"""The loop community → economic office → Party-building office → community, as a table. Pure.

Which kinds of task there are, what each of their stages asks for, whose it is, which answers it
takes and where each leads; and when an office is reminded, chased and its leader told. Domain
notes §0.1 and §4.4; decision 0017. Screening (does it operate?) and forming (a branch, a joint
branch, an instructor) are stages apart, with owners apart.

A kind that is about members stays with the committee: nobody else learns that a firm has some.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from liangxin.access import Role
from liangxin.errors import Misuse
from liangxin.loop_parts import Answer, Kind, Stage
from liangxin.rules import Limits
from liangxin.workdays import add_working_days

COMMUNITY, ECONOMIC = Role.COMMUNITY, Role.ECONOMIC_OFFICE
COMMITTEE, DISTRICT = Role.COMMITTEE, Role.DISTRICT_OFFICE
#: Who acts and is nobody's account.
REGISTER = "register"
#: The longest that a notice can lie before or behind its task: holidays and weekends within.
_LONGEST = 400

_FORMED = {
    "instructor_sent": ("已选派党建指导员", "an instructor was sent"),
    "branch_formed": ("已单独组建党组织", "an own branch was formed"),
    "joined": ("已纳入联合党支部", "a joint branch took it in"),
}
_NOT_YET = Answer("暂不具备条件（请说明）", "not yet possible (say why)", needs_note=True)


def _forming(to: str | None) -> Stage:
    answers = {name: Answer(zh, en, to) for name, (zh, en) in _FORMED.items()}
    return Stage(
        COMMITTEE,
        "组建党组织、纳入联合党支部或选派党建指导员",
        "form a branch, take it into a joint one, or send an instructor",
        {**answers, "not_yet": _NOT_YET},
    )


_SCREEN = {
    "find": Stage(
        COMMUNITY,
        "上门核实是否实际运营",
        "go and find out whether it operates",
        {
            "operating": Answer("在运营", "it operates", "record"),
            "not_found": Answer("查无下落", "it cannot be found", "record"),
            "moved": Answer("已搬走", "it has moved", "record"),
            "closed": Answer("已停业关门", "it has closed", "record"),
        },
    ),
    "record": Stage(
        ECONOMIC,
        "在“摸排”页登记摸排结果，或在“送文件”页送摸排结果",
        "record the result of the screening at the page “Screening”, or send a file of them at “Files”",
        {
            "recorded": Answer("摸排结果已录入", "the result is recorded", "form"),
            "back": Answer("依据不足，退回社区再核", "not enough evidence: look again", "find"),
        },
    ),
    "form": _forming("confirm"),
    "confirm": Stage(
        COMMUNITY,
        "回访确认落实情况",
        "go back and confirm that it was done",
        {
            "confirmed": Answer("已确认落实", "confirmed"),
            "not_so": Answer("未落实，退回党建办", "it was not done", "form"),
        },
    ),
}
_HAND_OVER = {
    "hand": Stage(
        ECONOMIC,
        "与经营地街道办理移交",
        "hand it over to the sub-district where it operates",
        {
            "handed": Answer("材料已移交", "handed over", "take"),
            "not_so": Answer(
                "仍在本街道经营（请说明）", "it still operates here (say why)", needs_note=True
            ),
        },
    ),
    "take": Stage(
        ECONOMIC,
        "接收登记地街道移交的组织",
        "take over the organisation from the sub-district where it is registered",
        {
            "taken": Answer("已接收", "taken over"),
            "refused": Answer(
                "不予接收（请说明）", "not taken over (say why)", "decide", needs_note=True
            ),
        },
    ),
    "decide": Stage(
        DISTRICT,
        "裁定由哪个街道管理",
        "decide which sub-district it belongs to",
        {"decided": Answer("已裁定（请说明）", "decided (say which)", needs_note=True)},
    ),
}

_FOUND = {
    "check": Stage(
        ECONOMIC,
        "核对登记信息并纳入登记库",
        "find its registration and take it into the register",
        {
            "entered": Answer("已纳入登记库", "it is in the register"),
            "not_so": Answer(
                "库中已有或不属两新组织（请说明）",
                "known already, or none of ours (say which)",
                needs_note=True,
            ),
            "back": Answer("信息不足，退回社区补充", "not enough is known: look again", "look"),
        },
    ),
    "look": Stage(
        COMMUNITY,
        "补充名称、地址或统一社会信用代码",
        "find out its name, address or unified code",
        {
            "seen": Answer("已补充（请写明）", "found out (say what)", "check", needs_note=True),
            "gone": Answer("已不在", "it is gone"),
        },
    ),
}


def _alone(name: str, owner: Role, zh: str, en: str, **answers: Answer) -> Mapping[str, Stage]:
    return {name: Stage(owner, zh, en, answers)}


_ADJUSTED = {
    "adjusted": Answer("已调整设置", "it was rearranged"),
    "kept": Answer("经研究保留（请说明）", "kept as it is (say why)", needs_note=True),
}
#: Every kind of task by its name.
KINDS: dict[str, Kind] = {
    "screen": Kind("摸排核实", "screening", _SCREEN, watched=frozenset({"find", "record", "form"})),
    "reach": Kind(
        "有党员未覆盖",
        "members, and nothing built",
        {"form": _forming(None)},
        about_members=True,
        watched=frozenset({"form"}),
    ),
    "question": Kind(
        "数据不一致",
        "figures that disagree",
        _alone(
            "answer",
            DISTRICT,  # unless the question names its owner, as all do
            "核实哪个数据正确",
            "find out which figure is right",
            answered=Answer("已核实（请写明结果）", "found out (say what)", needs_note=True),
        ),
        watched=frozenset({"answer"}),
    ),
    "elect": Kind(
        "任期将满",
        "term ending",
        _alone(
            "plan",
            COMMITTEE,
            "安排换届，换届后在党组织的页面登记；确需提前或延期的报批",
            "prepare the election and record it on the page of the Party organisation; or ask for approval to move it",
            planned=Answer("换届已列入计划", "the election is planned"),
            elected=Answer("已完成换届", "the election was held"),
            extended=Answer(
                "已批准延期（请写明期限）", "moved with approval (say to when)", needs_note=True
            ),
        ),
        days=20,
        watched=frozenset({"plan"}),
    ),
    "joint_units": Kind(
        "联合党支部单位过多",
        "joint branch of many units",
        _alone(
            "adjust",
            COMMITTEE,
            "研究分设联合党支部",
            "consider dividing the joint branch",
            **_ADJUSTED,
        ),
        days=20,
        watched=frozenset({"adjust"}),
    ),
    "joint_members": Kind(
        "联合党支部正式党员不足",
        "joint branch of few full members",
        _alone(
            "adjust",
            COMMITTEE,
            "研究补充党员或合并、撤销联合党支部",
            "consider adding members, or merging or dissolving the joint branch",
            **_ADJUSTED,
        ),
        about_members=True,
        committee_alone=True,
        days=20,
        watched=frozenset({"adjust"}),
    ),
    "confirm": Kind(
        "台账更新",
        "ledger to be confirmed",
        _alone(
            "confirm",
            ECONOMIC,
            "逐家核对并更新台账",
            "go through the ledger, organisation by organisation",
            confirmed=Answer("已更新", "it is up to date"),
        ),
        days=20,
        watched=frozenset({"confirm"}),
    ),
    "hand_over": Kind(
        "登记地与经营地不一致",
        "operates in another sub-district",
        _HAND_OVER,
        watched=frozenset({"hand", "take", "decide"}),
    ),
    "build": Kind(
        "应建未建",
        "members enough for a branch, and none",
        _alone(
            "form",
            COMMITTEE,
            "指导单独组建党组织，或先纳入联合党支部",
            "help it form a branch, or let a joint branch take it in first",
            planned=Answer("已列入组建计划（请说明）", "it is planned (say when)", needs_note=True),
            not_yet=_NOT_YET,
        ),
        about_members=True,
        days=20,
        watched=frozenset({"form"}),
    ),
    "declaration": Kind(
        "本人申报待核实",
        "declarations to be confirmed",
        _alone(
            "confirm",
            COMMITTEE,
            "与申报人当面核实，在“党员”页办理",
            "speak with whoever declared, and settle it at the page “Members”",
            not_reached=Answer("暂未联系上（请说明）", "not reached yet", needs_note=True),
        ),
        about_members=True,
        committee_alone=True,
        days=10,
        watched=frozenset({"confirm"}),
    ),
    "off_roster": Kind(
        "已确认党员不在最新花名册",
        "a confirmed member is not on the newest roster",
        _alone(
            "ask",
            COMMITTEE,
            "与本人核实是否离职，在“党员”页办理",
            "ask the person whether they left, and settle it at the page “Members”",
            still_here=Answer("仍在该单位", "still there"),
            not_reached=Answer("暂未联系上（请说明）", "not reached yet", needs_note=True),
        ),
        about_members=True,
        committee_alone=True,
        days=10,
        watched=frozenset({"ask"}),
    ),
    "relation": Kind(
        "组织关系转接将逾期",
        "a transfer of a relation that runs late",
        _alone(
            "finish",
            COMMITTEE,
            "办结转接，或重新开具介绍信",
            "finish the transfer, or have a new letter issued",
            asked=Answer("已催办（请说明）", "asked again (say whom)", needs_note=True),
        ),
        about_members=True,
        committee_alone=True,
        watched=frozenset({"finish"}),
    ),
    "request": Kind(
        "个人信息权利请求",
        "a person's request about their data",
        _alone(
            "answer",
            COMMITTEE,
            "答复本人的查阅、更正、删除或解释请求，并在“党员”页办结",
            "answer the request to see, correct, delete or explain, and close it at the page “Members”",
            told=Answer("已联系本人（请说明）", "the person was contacted", needs_note=True),
        ),
        about_members=True,
        committee_alone=True,
        days=10,
        watched=frozenset({"answer"}),
    ),
    "rosters": Kind(
        "花名册未按期报送",
        "rosters that are overdue",
        _alone(
            "collect",
            ECONOMIC,
            "催收花名册（哪些单位到期，“送文件”页列出）",
            "collect the staff lists (the page “Files” names the firms that are due)",
            collected=Answer("已催收", "collected"),
        ),
        days=10,
        watched=frozenset({"collect"}),
    ),
    "found": Kind(
        "新发现组织", "an organisation that was found", _FOUND, watched=frozenset({"check", "look"})
    ),
}
#: What opened a task, by the first word of its ``because``.
EVENTS: dict[str, tuple[str, str]] = {
    "registered": ("新登记", "newly registered"),
    "absence": ("连续两期名单中缺失", "missing from two snapshots"),
    "suspension": ("歇业期满", "the filed suspension ended"),
    "members": ("发现党员", "members were found"),
    "hire": ("新聘人员中识别出党员", "a member was identified among new hires"),
    "question": ("数据不一致", "figures disagree"),
    "term": ("任期将满", "the term is ending"),
    "units": ("联合单位超过上限", "more units than a joint branch should have"),
    "full_members": ("正式党员不足", "fewer full members than a branch must have"),
    "half_year": ("半年更新", "the half-yearly update"),
    "operating": ("登记地与经营地不一致", "it operates elsewhere than it is registered"),
    "could_build": ("正式党员达到建支部人数", "full members enough for a branch"),
    "declaration": ("有人申报", "somebody declared"),
    "off_roster": ("花名册中不再有", "no longer on the roster"),
    "letter": ("转接将逾期", "the transfer runs late"),
    "request": ("收到请求", "a request came in"),
    "month": ("本月花名册", "this month's roster"),
    "sighting": ("社区上报", "reported by the community"),
}


def kind(name: str) -> Kind:
    """Return a kind by its name; one that the table no longer has is an error of ours."""
    return KINDS[name]


def event(because: str) -> tuple[str, str]:
    """Return in Chinese and English what a ``because`` (``absence:7``) says."""
    word = because.split(":", maxsplit=1)[0]
    return EVENTS.get(word, (word, word))


def answer_words(kind_name: str, said: str) -> tuple[str, str]:
    """Return in Chinese and English what an answer of any stage of a kind says."""
    for stage in kind(kind_name).stages.values():
        if said in stage.answers:
            return stage.answers[said].zh, stage.answers[said].en
    return said, said


def acting(stage: Stage, subdistrict: str | None, community: str | None) -> Role:
    """Return who acts in a stage: an office that is not known cannot be asked.

    A community's turn falls to the economic office where no community is known, and every turn to
    the district office where no sub-district is.
    """
    if subdistrict is None:
        return DISTRICT
    if stage.owner == COMMUNITY and community is None:
        return ECONOMIC
    return stage.owner


def take(kind_name: str, stage_name: str, said: str, note: str | None) -> Answer:
    """Return an answer by its name.

    Raises:
        Misuse: this stage takes no such answer (those it takes are named), or the answer needs
            a note and has none.
    """
    stage = kind(kind_name).stages[stage_name]
    found = stage.answers.get(said)
    if found is None:
        zh = "、".join(f"{name}（{each.zh}）" for name, each in stage.answers.items())
        en = ", ".join(f"{name} ({each.en})" for name, each in stage.answers.items())
        raise Misuse(
            f"此任务现在不能答复“{said}”，可用：{zh}。",
            f"this task takes no answer {said!r} now; it takes: {en}.",
        )
    if found.needs_note and not note:
        raise Misuse(
            f"答复“{said}”须说明情况，请加 --note。",
            f"the answer {said!r} needs a note; add --note.",
        )
    return found


# Time.


def due(kind_name: str, limits: Limits, *, start: date, urgent: bool = False) -> date:
    """Return the day a turn that starts on a day is due: urgent at once, else in working days."""
    if urgent:
        return start
    days = kind(kind_name).days
    return add_working_days(start, limits.task_days if days is None else days)


def is_reminded(limits: Limits, *, due_on: date, today: date) -> bool:
    """Tell whether the owner is reminded: some working days before it is due, and not after."""
    return add_working_days(due_on, -limits.remind_days) <= today <= due_on


def is_chased(limits: Limits, *, due_on: date, today: date) -> bool:
    """Tell whether a chaser letter goes out: some working days after it was due."""
    return due_on < today and add_working_days(due_on, limits.chase_days) <= today


def is_escalated(limits: Limits, *, due_on: date, today: date) -> bool:
    """Tell whether the leader is told, if the chaser went out on an earlier day and was no use."""
    return due_on < today and add_working_days(due_on, limits.escalate_days) <= today


def latest_due(condition: Callable[[date], bool], today: date) -> date | None:
    """Return the latest due day for which something is to be done today, searched backwards.

    With it a query can ask of a million tasks what the functions above say of one: each of them
    holds for a due day exactly if the due day is no later than this one (and, for a reminder, not
    past). ``None``: of no due day within a year around today.
    """
    for days in range(_LONGEST, -_LONGEST, -1):
        day = today + timedelta(days=days)
        if condition(day):
            return day
    return None
