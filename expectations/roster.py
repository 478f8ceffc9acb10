"""Rules for a firm's staff list.

A list says who works there, and who of them says to be a member. Only what makes a row useless,
or would make a candidate of somebody who cannot be a member, refuses.
"""

from expectations.fields import ROW_RULES, About, dated, named
from expectations.people import documented
from expectations.rule import Rule

NAME = About("name", "姓名", "the name", severity="refuse", called="staff_name")
NUMBER = About(
    "document_number",
    "证件号码",
    "the document number",
    severity="refuse",
    called="staff_document_number",
)
DOCUMENT = About("document_kind", "证件类型", "the type of document", called="staff_document_type")
HIRED = About("hired_on", "入职时间", "the day of hiring", severity="refuse")

RULES: tuple[Rule, ...] = (
    *ROW_RULES,
    *named(NAME),
    *documented(NUMBER, DOCUMENT),
    Rule(
        "staff_occur_once_in_a_list",
        why="Two rows of one number that say different things: one of them is wrong.",
        column="repeat_fault",
        codes=("conflict",),
        zh="证件号码“{value}”在本文件中出现多次而内容不同，只收第一行。请核对哪一行正确，删去其余。",
        en="the document number {value} occurs more than once with different content; only the first row was taken. Find out which is right and delete the others.",
        field="document_number",
    ),
    Rule(
        "political_status_is_known",
        why="A wording in no table may or may not mean a member, and nobody here may guess.",
        column="political_status_fault",
        codes=("unknown",),
        zh="政治面貌“{value}”无法识别。请填“中共党员”“中共预备党员”或留空；不是党员的无需填写。",
        en="the political status {value} is not understood; fill in 中共党员, 中共预备党员, or nothing: nobody else need say what they are.",
        field="political_status",
    ),
    Rule(
        "political_status_is_no_step_on_the_way",
        why="An activist or applicant is no member, and their names are the branch's paper matter.",
        column="political_status_fault",
        codes=("not_a_status",),
        zh="“{value}”不是政治面貌：积极分子、发展对象还不是党员。请按本人实际填写，不是党员的留空。",
        en="{value} is no political status: activists and applicants are not members yet; fill in what the person is, or nothing.",
        field="political_status",
    ),
    Rule(
        "political_status_is_written_in_words",
        why="Systems number the statuses differently: 1 is a member here and a Youth League member there.",
        column="political_status_fault",
        codes=("bare_code",),
        zh="政治面貌“{value}”只是代码，各系统编号不同，无法判断。请填文字，如“中共党员”。",
        en="the political status is given as the bare code {value}, which means something else in every system; write it in words, like 中共党员.",
        field="political_status",
    ),
    Rule(
        "members_on_a_staff_list_are_citizens",
        why="Only Chinese citizens can be members; on a staff list foreigners are nothing unusual.",
        column="citizen_fault",
        codes=("foreign",),
        zh="政治面貌“{political_status}”与外国人证件“{document_number}”矛盾：只有中国公民可以是党员。请核对两项。",
        en="the political status {political_status} contradicts a foreigner's document {document_number}: only citizens can be members; check both.",
        field="political_status",
        also=("document_number", "document_kind"),
    ),
    Rule(
        "members_on_a_staff_list_are_of_age",
        why="Nobody under 18 can be a member.",
        column="member_age_fault",
        codes=("under_18",),
        zh="政治面貌“{political_status}”与证件号码“{document_number}”矛盾：此人不满 18 岁。请核对两项。",
        en="the political status {political_status} contradicts the document number {document_number}: its holder is under 18; check both.",
        field="political_status",
        also=("document_number",),
    ),
    *dated(HIRED, doubtful="warn"),
    Rule(
        "nobody_is_hired_before_birth",
        why="One of the two dates is wrong, and the clock of identification starts with this one.",
        column="hired_age_fault",
        codes=("before_birth",),
        zh="入职时间“{hired_on}”早于证件号码“{document_number}”中的出生日期。请核对两项。",
        en="the day of hiring {hired_on} is before the birth date in the document number {document_number}; check both.",
        field="hired_on",
        also=("document_number",),
    ),
    Rule(
        "staff_were_sixteen_when_hired",
        why="Work below 16 is forbidden (labour law, article 15), so one of the two is probably miswritten.",
        column="hired_age_fault",
        codes=("under_16",),
        zh="按入职时间“{hired_on}”和证件号码“{document_number}”，入职时不满 16 岁。请核对两项。",
        en="by the day of hiring {hired_on} and the document number {document_number} this person was hired under 16; check both.",
        severity="warn",
        field="hired_on",
        also=("document_number",),
    ),
)
