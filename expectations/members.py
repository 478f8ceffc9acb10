"""Rules for a register of Party members; the branch's committee keeps it and clears its rows.

Archives are older than identity cards and often disagree with them by a few months, so where a
birth date does, that is a question. What no member can be, or what decides whether somebody is
counted, refuses.
"""

from dataclasses import replace

from expectations.fields import ROW_RULES, About, chosen, dated, named
from expectations.people import documented
from expectations.rule import Rule

OWNER = "committee"
NAME = About("name", "姓名", "the name", OWNER, "refuse", "member_name")
NUMBER = About(
    "document_number", "身份证号", "the document number", OWNER, "refuse", "member_document_number"
)
DOCUMENT = About(
    "document_kind", "证件类型", "the type of document", OWNER, "warn", "member_document_type"
)
JOINED = About("joined_on", "入党时间", "the day of joining", OWNER, "refuse")
STATE = About("state", "党员状态", "the state", OWNER, "refuse", "member_state")

RULES: tuple[Rule, ...] = (
    *ROW_RULES,
    *named(NAME),
    *documented(NUMBER, DOCUMENT),
    Rule(
        "members_occur_once_in_a_register",
        why="Two rows of one number that say different things: one of them is wrong.",
        column="repeat_fault",
        codes=("conflict",),
        zh="身份证号“{value}”在本名册中出现多次而内容不同，只收第一行。请核对哪一行正确，删去其余。",
        en="the document number {value} occurs more than once with different content; only the first row was taken. Find out which is right and delete the others.",
        owner=OWNER,
        field="document_number",
    ),
    Rule(
        "members_in_a_register_are_citizens",
        why="Only Chinese citizens can be members.",
        column="citizen_fault",
        codes=("foreign",),
        zh="“{value}”是外国人证件，只有中国公民可以是党员。请核对证件号码。",
        en="{value} is a foreigner's document, and only citizens can be members; check it.",
        owner=OWNER,
        field="document_number",
        also=("document_kind",),
    ),
    *chosen(About("sex", "性别", "the sex", OWNER), "男、女", "男, 女"),
    Rule(
        "sex_agrees_with_the_document",
        why="The 17th digit is odd for men and even for women; if not, a digit or the cell is wrong.",
        column="sex_document_fault",
        codes=("differs",),
        zh="性别“{sex}”与身份证号“{document_number}”第 17 位不符。请核对两项。",
        en="the sex {sex} does not fit the 17th digit of {document_number}; check both.",
        severity="warn",
        owner=OWNER,
        field="sex",
        also=("document_number",),
    ),
    *dated(About("born_on", "出生日期", "the birth date", OWNER)),
    Rule(
        "birth_date_agrees_with_the_document",
        why="Archive and card may differ, but somebody should know which of them holds.",
        column="born_document_fault",
        codes=("differs",),
        zh="出生日期“{born_on}”与身份证号“{document_number}”中的不一致。请核对以哪一项为准。",
        en="the birth date {born_on} is not the one in {document_number}; find out which holds.",
        severity="warn",
        owner=OWNER,
        field="born_on",
        also=("document_number",),
    ),
    replace(
        JOINED.rule(
            "is_given",
            "Without it neither probation nor length of membership can be told.",
            ("missing",),
            "没有入党时间。请在“{column}”列补填。",
            "the day of joining is missing; fill it in under {column}.",
        ),
        severity="warn",
    ),
    *dated(JOINED, doubtful="warn"),
    Rule(
        "nobody_joined_before_birth",
        why="One of the two dates is wrong.",
        column="joined_age_fault",
        codes=("before_birth",),
        zh="入党时间“{joined_on}”早于身份证号“{document_number}”中的出生日期。请核对两项。",
        en="the day of joining {joined_on} is before the birth date in {document_number}; check both.",
        owner=OWNER,
        field="joined_on",
        also=("document_number",),
    ),
    Rule(
        "members_were_eighteen_when_they_joined",
        why="Members are 18 or older (constitution, article 1); in the war years younger ones were taken.",
        column="joined_age_fault",
        codes=("under_18",),
        zh="按入党时间“{joined_on}”和身份证号“{document_number}”，入党时不满 18 岁。请核对两项。",
        en="by the day of joining {joined_on} and the number {document_number} this person joined under 18; check both.",
        severity="warn",
        owner=OWNER,
        field="joined_on",
        also=("document_number",),
    ),
    Rule(
        "nobody_joined_before_the_party_was_founded",
        why="The first congress met in July 1921.",
        column="joined_party_fault",
        codes=("before_1921",),
        zh="入党时间“{value}”早于 1921 年 7 月，不可能。请核对年份。",
        en="the day of joining {value} is before July 1921, when there was no Party; check the year.",
        owner=OWNER,
        field="joined_on",
    ),
    *dated(About("full_since", "转正时间", "the day of full membership", OWNER)),
    Rule(
        "full_membership_begins_after_joining",
        why="One is received first, and gains full membership later.",
        column="full_joined_fault",
        codes=("before_joining",),
        zh="转正时间“{full_since}”早于入党时间“{joined_on}”。请核对两项，是否填反。",
        en="full membership {full_since} begins before joining {joined_on}; check both: are they swapped?",
        owner=OWNER,
        field="full_since",
        also=("joined_on",),
    ),
    Rule(
        "probation_lasts_a_year",
        why="Probation is one year (constitution, article 7), except for those who joined from 1969 to 1977.",
        column="full_joined_fault",
        codes=("within_a_year",),
        zh="入党时间“{joined_on}”到转正时间“{full_since}”不满一年，而预备期为一年。请核对两项。",
        en="from joining {joined_on} to full membership {full_since} is less than the year of probation; check both.",
        severity="warn",
        owner=OWNER,
        field="full_since",
        also=("joined_on",),
    ),
    *chosen(
        About("category", "党员类别", "the category", OWNER, "refuse", "member_category"),
        "正式党员、预备党员",
        "正式党员, 预备党员",
    ),
    Rule(
        "register_holds_members_only",
        why="Activists and applicants are not members, and their names are the branch's paper matter.",
        column="category_fault",
        codes=("not_a_member",),
        zh="“{value}”不是党员，不列入党员名册。请删去此行。",
        en="{value} is not a member and has no place in the register; delete the row.",
        owner=OWNER,
        field="category",
    ),
    Rule(
        "probationary_members_have_no_day_of_full_membership",
        why="Who has been made full is not on probation any more.",
        column="category_full_fault",
        codes=("contradicts",),
        zh="党员类别“{category}”，却有转正时间“{full_since}”。请核对两项。",
        en="the category is {category}, yet there is a day of full membership, {full_since}; check both.",
        severity="warn",
        owner=OWNER,
        field="category",
        also=("full_since",),
    ),
    Rule(
        "probation_is_decided_in_time",
        why="Probation is one year and can be prolonged once, by a year at most (constitution, article 7).",
        column="probation_fault",
        codes=("overdue",),
        zh="党员类别“{category}”，入党时间“{joined_on}”已超过两年，预备期应已结束。请核对是否已转正。",
        en="the category is {category}, but joining was {joined_on}, over two years ago, when probation must have ended; has full membership been decided?",
        severity="warn",
        owner=OWNER,
        field="category",
        also=("joined_on",),
    ),
    *chosen(
        STATE,
        "正常、流动、转出、死亡、开除、除名、退党、停止党籍、失联",
        "正常, 流动, 转出, 死亡, 开除, 除名, 退党, 停止党籍, 失联",
    ),
)
