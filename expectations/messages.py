"""Rule -> what the person who must fix it reads, in Chinese and English, and who that is.

The texts stand apart from the expectations, because Great Expectations does not carry a
sentence through to its results, and because a clerk's words change more often than rules do.
``{value}`` is the cell as sent, ``{column}`` the file's own header.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["refuse", "warn"]


@dataclass(frozen=True, slots=True)
class Message:
    """What one rule says when it is broken."""

    zh: str
    en: str
    severity: Severity = "refuse"
    owner: str = "economic_office"
    field: str = "uscc"  # our name of the field the rule is about


MESSAGES: dict[str, Message] = {
    "uscc_is_present": Message(
        "没有统一社会信用代码。请在“{column}”列补填 18 位代码。",
        "there is no unified social credit code; fill in its 18 characters under {column}.",
    ),
    "uscc_is_not_a_registration_number": Message(
        "“{value}”是旧的注册号，不是统一社会信用代码。请向登记机关查询该主体现在的 18 位代码。",
        "{value} is an old registration number; ask the registrar for the 18-character code.",
    ),
    "uscc_is_not_a_miswritten_registration_number": Message(
        "“{value}”是 15 位旧注册号，且校验位不符，可能抄错。请核对执照并改填 18 位代码。",
        "{value} is a 15-digit registration number whose check digit is wrong; "
        "check the licence and fill in the 18-character code.",
    ),
    "uscc_is_not_an_organisation_code": Message(
        "“{value}”是 9 位组织机构代码，不是统一社会信用代码。请改填 18 位代码。",
        "{value} is a nine-character organisation code; fill in the 18-character code.",
    ),
    "uscc_has_all_its_digits": Message(
        "“{value}”是科学计数法，表格软件已丢失后面的数字。请把该列设为“文本”后重新导出。",
        "{value} is in scientific notation: the spreadsheet has lost digits; format the column "
        "as text and export again.",
    ),
    "uscc_is_not_masked": Message(
        "“{value}”已被遮盖（x 或 *）。请使用完整的代码。",
        "{value} is masked (x or *); send the whole code.",
    ),
    "uscc_has_eighteen_characters": Message(
        "“{value}”不是 18 位。请核对执照上的统一社会信用代码。",
        "{value} does not have 18 characters; check it against the licence.",
    ),
    "uscc_uses_its_alphabet": Message(
        "“{value}”含有代码中不会出现的字符（I、O、S、V、Z 或符号）。请核对是否把 1、0、5、2 写成了字母。",
        "{value} has characters no code has (I, O, S, V, Z or marks); were 1, 0, 5 or 2 meant?",
    ),
    "uscc_check_character_is_right": Message(
        "“{value}”的校验位不符，至少有一个字符抄错。请核对执照。",
        "the check character of {value} does not fit: at least one character is wrong; "
        "check the licence.",
    ),
    "uscc_occurs_once": Message(
        "代码“{value}”在本文件中出现多次而内容不同，只收第一行。请核对哪一行正确，删去其余。",
        "the code {value} occurs more than once with different content; only the first row was "
        "taken. Find out which is right and delete the others.",
    ),
    "name_is_present": Message(
        "没有名称。请在“{column}”列补填。",
        "there is no name; fill it in under {column}.",
        field="name",
    ),
    "row_has_no_more_cells_than_headers": Message(
        "本行的单元格比列名多，内容可能错位。请检查多余的逗号或换行。",
        "the row has more cells than there are headers, so it may be shifted; look for a stray "
        "comma or line break.",
        field="row",
    ),
    "established_on_is_a_date": Message(
        "“{value}”不是日期，此项留空。请写成 2019-03-15 的形式。",
        "{value} is no date, so the field stays empty; write it like 2019-03-15.",
        severity="warn",
        field="established_on",
    ),
    "established_on_is_not_in_the_future": Message(
        "成立日期“{value}”晚于今天，此项留空。请核对。",
        "the founding date {value} is in the future, so the field stays empty; check it.",
        severity="warn",
        field="established_on",
    ),
    "capital_is_a_number": Message(
        "“{value}”读不出注册资本，此项留空。",
        "no capital can be read from {value}; left empty.",
        severity="warn",
        field="capital",
    ),
    "capital_has_a_unit": Message(
        "“{value}”没有写明单位（万元或元），此项留空。",
        "{value} has no unit (万元 or 元), so the field stays empty.",
        severity="warn",
        field="capital",
    ),
    "status_is_known": Message(
        "登记状态“{value}”不在对照表中，此项留空，请区级办公室确认其含义。",
        "the status {value} is in no table; left empty until the district office says what it means.",
        severity="warn",
        owner="district_office",
        field="status",
    ),
    "batch_is_not_below_its_minimum": Message(
        "本批只有 {value} 行，少于数据源规定的下限 {limit} 行，可能没有取全。整批未导入，登记库未变。",
        "the batch has {value} rows, fewer than the {limit} its source expects; it may be "
        "half-fetched. Nothing of it was loaded.",
        owner="district_office",
        field="rows",
    ),
    "batch_is_not_above_its_maximum": Message(
        "本批行数超过数据源规定的上限，已照常导入。请核对是否混入了其他数据源或其他地区的数据。",
        "the batch has more rows than its source expects and was loaded all the same; check whether "
        "rows of another source or place are among them.",
        severity="warn",
        owner="district_office",
        field="rows",
    ),
}
