"""Rules on a Party organisation that a ledger says is there, or is not.

What would enter one that is not there, or none where one is, refuses: coverage is counted from
it. The rest is for the committee to look at.
"""

from expectations.parties import COMMITTEE, disagreement
from expectations.rule import Rule

#: Columns in which form and level may stand, in any ledger: the word, or a tick under a code.
FORM = (
    "form",
    "form_alone",
    "form_joint",
    "form_grid",
    "form_attached",
    "form_in_members",
    "form_in_council",
    "form_with_supervisor",
    "form_other",
)
LEVEL = ("level", "level_branch", "level_general_branch", "level_committee", "level_joint_branch")

#: What a row without a Party organisation has nonetheless: code, field, words, words.
_NOT_BUILT = (
    ("name", "party_name", "党组织名称", "a name of it"),
    ("level", "level", "党组织类别", "a level of it"),
    ("form", "form", "组建形式", "a form of it"),
    ("date", "built_on", "党组织成立时间", "a founding day of it"),
)
#: How members can be counted: code and field, words, words.
_FIGURES = (
    ("full_members", "正式党员", "full members"),
    ("members_in", "组织关系在本单位的党员", "members with their relation here"),
    ("members", "党员", "members"),
)


def _quoted(columns: tuple[str, ...]) -> str:
    """The cells of columns of which only some are filled, one after another."""
    return "“" + "".join(f"{{{column}}}" for column in columns) + "”"


def _rules() -> tuple[Rule, ...]:
    ticks = {"form": FORM, "level": LEVEL}
    not_built = (
        disagreement(
            f"what_is_not_built_has_no_{code}",
            "not_built_fault",
            (code,),
            ("built", *ticks.get(field, (field,))),
            (
                "Coverage is counted from this cell: which of the two holds?",
                f"是否建立党组织为“{{built}}”，却填了{zh}{_quoted(ticks.get(field, (field,)))}。请核对两项。",
                f"there is said to be no Party organisation ({{built}}), yet there is {en}: {_quoted(ticks.get(field, (field,)))}; check both.",
            ),
            owner=COMMITTEE,
            severity="refuse",
        )
        for code, field, zh, en in _NOT_BUILT
    )
    alone = (
        disagreement(
            f"stand_alone_branch_has_three_{code}",
            "alone_fault",
            (code,),
            (code, *FORM),
            (
                "A stand-alone branch needs three full members (work regulation for branches, 2018).",
                f"组建形式为单独组建，{zh}只有“{{{code}}}”名，不足 3 名。请核对，或改为联合组建。",
                f"the Party organisation stands alone, but there are only {{{code}}} {en}, fewer than 3; check both, or should it be joint?",
            ),
            owner=COMMITTEE,
        )
        for code, zh, en in _FIGURES
    )
    should = (
        disagreement(
            f"three_{code}_have_a_branch_or_a_reason",
            "unbuilt_fault",
            (code,),
            (code, "built"),
            (
                "Three full members must form a branch; one that is due is on the list of the committee.",
                f"未建立党组织，{zh}已有“{{{code}}}”名，应建未建，且没有填未建原因。请组建，或填写原因。",
                f"there is no Party organisation although there are {{{code}}} {en}, and no reason is given; form one, or give the reason.",
            ),
            owner=COMMITTEE,
        )
        for code, zh, en in _FIGURES
    )
    return (*not_built, *_built(), *alone, *should, _elected())


def _elected() -> Rule:
    return disagreement(
        "elections_come_after_founding",
        "re_elected_on_order_fault",
        ("before",),
        ("re_elected_on", "built_on"),
        (
            "What is not there yet elects nobody.",
            "上次换届时间“{re_elected_on}”早于党组织成立时间“{built_on}”。请核对两项。",
            "the last election ({re_elected_on}) is before the founding of the Party organisation ({built_on}); check both.",
        ),
        owner=COMMITTEE,
    )


def _built() -> tuple[Rule, ...]:
    return (
        disagreement(
            "what_is_built_has_a_form",
            "built_form_fault",
            ("missing",),
            ("built", *FORM),
            (
                "Alone or jointly decides which rate an organisation counts in.",
                "已建立党组织（“{built}”），但没有填组建形式。请填写单独、联合等。",
                "there is a Party organisation ({built}), but not how it was formed; say alone, jointly or otherwise.",
            ),
            owner=COMMITTEE,
            severity="refuse",
        ),
        disagreement(
            "what_is_built_has_a_level",
            "built_level_fault",
            ("missing",),
            ("built", *LEVEL),
            (
                "A Party organisation is a committee, a general branch, a branch or a joint branch.",
                "已建立党组织（“{built}”），但没有填类别。请填写党支部、党总支、党委或联合党支部。",
                "there is a Party organisation ({built}), but not of which level; fill in 党支部, 党总支, 党委 or 联合党支部.",
            ),
            owner=COMMITTEE,
            severity="refuse",
        ),
        disagreement(
            "what_is_built_is_not_of_no_level",
            "built_level_fault",
            ("none",),
            ("built", "level"),
            (
                "Coverage is counted from this cell: which of the two holds?",
                "是否建立党组织为“{built}”，类别却为“{level}”。请核对两项。",
                "there is said to be a Party organisation ({built}), yet its level is {level}; check both.",
            ),
            owner=COMMITTEE,
            severity="refuse",
        ),
        disagreement(
            "a_joint_branch_does_not_stand_alone",
            "level_form_fault",
            ("alone",),
            (*FORM, *LEVEL),
            (
                "A joint branch is what is not formed alone.",
                f"组建形式为单独组建{_quoted(FORM)}，类别却是联合党支部{_quoted(LEVEL)}。请核对两项。",
                f"the form is stand-alone {_quoted(FORM)}, yet the level is a joint branch {_quoted(LEVEL)}; check both.",
            ),
            owner=COMMITTEE,
        ),
        disagreement(
            "what_is_joint_is_a_branch",
            "level_form_fault",
            ("joint",),
            (*FORM, *LEVEL),
            (
                "Committees need 100 members and general branches 50: units with so many stand alone.",
                f"组建形式为联合组建{_quoted(FORM)}，类别却是党委或党总支{_quoted(LEVEL)}。请核对两项。",
                f"the form is joint {_quoted(FORM)}, yet the level is a committee or general branch {_quoted(LEVEL)}; check both.",
            ),
            owner=COMMITTEE,
        ),
        disagreement(
            "a_joint_branch_covers_five_units_at_most",
            "joint_units_many_fault",
            ("many",),
            ("joint_units",),
            (
                "Generally five units at most (work regulation for branches, 2018).",
                "联合党支部覆盖“{value}”个单位，超过 5 个。请考虑分设。",
                "the joint branch covers {value} units, more than five; consider splitting it.",
            ),
            owner=COMMITTEE,
        ),
        disagreement(
            "a_joint_branch_covers_more_than_one_unit",
            "joint_units_many_fault",
            ("one",),
            ("joint_units", *FORM),
            (
                "One unit alone is not joined to anything.",
                "联合组建，覆盖单位数却是“{joint_units}”。请核对组建形式或单位数。",
                "it is a joint branch, yet it covers {joint_units} unit; check the form or the number.",
            ),
            owner=COMMITTEE,
        ),
        disagreement(
            "no_members_means_none",
            "reason_members_fault",
            ("some",),
            ("reason", "reason_no_members", "members", "members_in", "full_members"),
            (
                "The reason given and the figures cannot both hold.",
                "未建原因为没有党员，但填有党员数（总数“{members}”、组织关系在本单位“{members_in}”、正式党员“{full_members}”）。请核对。",
                "the reason given is that there are no members, yet there are some (all: {members}, relation here: {members_in}, full: {full_members}); check both.",
            ),
            owner=COMMITTEE,
        ),
        disagreement(
            "should_be_built_means_three_members",
            "reason_members_fault",
            ("few",),
            ("reason", "members", "members_in", "full_members"),
            (
                "A branch is due from three full members on.",
                "未建原因为“{reason}”，但党员不足 3 名（总数“{members}”、组织关系在本单位“{members_in}”、正式党员“{full_members}”）。请核对。",
                "the reason given is {reason}, yet there are fewer than 3 members (all: {members}, relation here: {members_in}, full: {full_members}); check both.",
            ),
            owner=COMMITTEE,
        ),
        disagreement(
            "what_is_built_has_no_reason_against_it",
            "reason_built_fault",
            ("contradicts",),
            ("built", "reason"),
            (
                "Built, and a reason why not: one of them is old.",
                "是否建立党组织为“{built}”，却填了未建原因“{reason}”。请核对两项。",
                "there is said to be a Party organisation ({built}), yet also a reason why there is none: {reason}; check both.",
            ),
            owner=COMMITTEE,
        ),
    )


def secretaries(member: str, secretary: str, zh: str, en: str) -> tuple[Rule, ...]:
    """Return the rules on an owner or head who is said to be secretary."""
    return (
        disagreement(
            f"{secretary}_and_member",
            f"{secretary}_agree_fault",
            ("no_member",),
            (secretary, member),
            (
                "Only a member can be secretary.",
                f"{zh}兼任党组织书记（“{{{secretary}}}”），却不是党员（“{{{member}}}”）。请核对两项。",
                f"{en} is said to be secretary ({{{secretary}}}) but no member ({{{member}}}); check both.",
            ),
            owner=COMMITTEE,
        ),
        disagreement(
            f"{secretary}_of_something",
            f"{secretary}_agree_fault",
            ("not_built",),
            (secretary, "built"),
            (
                "A secretary is one of a Party organisation.",
                f"{zh}兼任党组织书记（“{{{secretary}}}”），却没有建立党组织（“{{built}}”）。请核对两项。",
                f"{en} is said to be secretary ({{{secretary}}}), yet there is no Party organisation ({{built}}); check both.",
            ),
            owner=COMMITTEE,
        ),
    )


#: The rules that every ledger has.
PARTY_ORGANISATION = _rules()
