"""Rules about the documents of people in lists that somebody hands in.

They are told with the words of the list (staff, member), so that each has a name of its own.
What is wrong with a number is told as exactly as it can be: whoever has the card in hand then
knows where to look.
"""

from expectations.fields import About
from expectations.rule import Rule


def documented(about: About, kind: About) -> tuple[Rule, ...]:
    """A document's number and its type."""
    return (*numbered(about), *typed(kind))


def numbered(about: About) -> tuple[Rule, ...]:
    """A document's number: every way in which ``liangxin.ids.document`` finds it wrong."""
    return (
        about.rule(
            "is_present",
            "Two people of one name are told apart by it.",
            ("missing",),
            "没有{label}。请在“{column}”列补填。",
            "{label} is missing; fill it in under {column}.",
        ),
        about.rule(
            "has_all_its_digits",
            "Scientific notation means that a spreadsheet has thrown digits away.",
            ("scientific",),
            "{label}“{value}”是科学计数法，表格软件已丢失后面的数字。请把该列设为“文本”后重新填写。",
            "{value} ({label}) is in scientific notation: the spreadsheet has lost digits; format the column as text and fill it in again.",
        ),
        about.rule(
            "was_not_cut_to_fifteen_digits",
            "A spreadsheet keeps 15 digits of a number and puts noughts for the rest.",
            ("trailing_zeros",),
            "{label}“{value}”以 000 结尾且校验位不符，是表格软件只保留了前 15 位。请把该列设为“文本”后重新填写。",
            "{value} ({label}) ends in 000 and its check fails: the spreadsheet kept 15 digits only; format the column as text and fill it in again.",
        ),
        about.rule(
            "is_not_masked",
            "A number with stars in it is nobody's.",
            ("masked",),
            "{label}“{value}”已被遮盖。请填写完整号码。",
            "{value} ({label}) is masked; fill in the whole number.",
        ),
        about.rule(
            "is_not_of_the_first_generation",
            "Cards with 15 digits ended in 2013; the 18 digits follow from them, but a person must say so.",
            ("first_generation",),
            "{label}“{value}”是 15 位的一代身份证号。请核对后改填 18 位。",
            "{value} ({label}) is a 15-digit number of the first generation; check it and fill in the 18 digits.",
        ),
        about.rule(
            "has_its_length",
            "A digit too few or too many.",
            ("length",),
            "{label}“{value}”的位数不对。请对照证件核对（居民身份证为 18 位）。",
            "{value} ({label}) has the wrong number of characters; check it against the document (resident IDs have 18).",
        ),
        about.rule(
            "has_digits_and_no_look_alike_letters",
            "Letters were typed for digits: O for 0, I for 1.",
            ("look_alike",),
            "{label}“{value}”把数字写成了形近的字母（如 0 写成 O、1 写成 I）。请对照证件改正。",
            "{value} ({label}) has letters where the document has digits (O for 0, I for 1); correct it from the document.",
        ),
        about.rule(
            "has_its_characters_only",
            "Digits, and an X at the end at most.",
            ("alphabet",),
            "{label}“{value}”含有证件号码中不会出现的字符。请对照证件核对。",
            "{value} ({label}) has characters no such number has; check it against the document.",
        ),
        about.rule(
            "begins_as_such_numbers_do",
            "Resident IDs begin with 1 to 8, permits with 81, 82, 83, foreign cards with 9.",
            ("prefix",),
            "{label}“{value}”的开头与该证件类型不符。请核对证件类型和号码。",
            "{value} ({label}) does not begin as numbers of its type do; check type and number.",
        ),
        about.rule(
            "has_a_birth_date_that_exists",
            "Its 7th to 14th characters are a day.",
            ("birth_date",),
            "{label}“{value}”中第 7—14 位不是存在的出生日期。请对照证件核对。",
            "characters 7 to 14 of {value} ({label}) are no day that exists; check it against the document.",
        ),
        about.rule(
            "has_a_birth_date_that_has_been",
            "Nobody on a list is yet to be born.",
            ("birth_future",),
            "{label}“{value}”中的出生日期晚于今天。请对照证件核对。",
            "the birth date in {value} ({label}) is in the future; check it against the document.",
        ),
        about.rule(
            "has_a_sequence_number",
            "The sequence of births of a day begins with 001.",
            ("sequence",),
            "{label}“{value}”的顺序码为 000，不存在这样的号码。请对照证件核对。",
            "the sequence in {value} ({label}) is 000, which is never given out; check it against the document.",
        ),
        about.rule(
            "check_character_is_right",
            "The last character follows from the seventeen before it.",
            ("check",),
            "{label}“{value}”的校验位不符，至少有一位抄错。请对照证件核对。",
            "the check character of {value} ({label}) does not fit: at least one is wrong; check it against the document.",
        ),
        about.rule(
            "has_the_form_of_its_type",
            "Passports and permits have a form, if no check.",
            ("format",),
            "{label}“{value}”不符合该证件的格式。请核对证件类型和号码。",
            "{value} ({label}) does not have the form of its type; check type and number.",
        ),
    )


def typed(about: About) -> tuple[Rule, ...]:
    """A document's type; the number is believed, the word is questioned."""
    return (
        about.rule(
            "is_known",
            "A type in no table: the number was judged by its shape.",
            ("unknown",),
            "{label}“{value}”不在对照表中，已按号码判断。请填写证件全称，如“居民身份证”“护照”。",
            "{value} ({label}) is in no table, so the number was judged by its shape; write it in full, like 居民身份证 or 护照.",
            severity="warn",
        ),
        about.rule(
            "agrees_with_the_number",
            "The number is good, but as another kind of document.",
            ("contradicts",),
            "{label}“{value}”与号码不符：该号码是另一种证件的号码，已按号码记。请核对。",
            "{value} ({label}) does not fit the number, which is good as another kind of document and was taken as such; check it.",
            severity="warn",
        ),
    )
