"""Rules that every field of a type has: counts, days, answers, choices, names, documents.

Each function returns the rules of one field, one for each way in which its reader can fail
(``ingest.values``, ``liangxin.ids``); their names and sentences are told with the field's own
words, so that a rule has the same name and the same text in every suite that has the field.
"""

from dataclasses import dataclass

from expectations import registrations
from expectations.rule import Rule, Severity

#: A shifted row is wrong in every kind of file.
ROW_RULES = tuple(rule for rule in registrations.RULES if rule.column == "row_fault")


@dataclass(frozen=True, slots=True)
class About:
    """A field in people's words, and who can mend it."""

    field: str
    zh: str
    en: str  # with its article, in the middle of a sentence
    owner: str = "economic_office"
    severity: Severity = "warn"
    called: str = ""  # what its rules' names begin with, if not with the field's own

    def rule(
        self,
        sentence: str,
        why: str,
        codes: tuple[str, ...],
        zh: str,
        en: str,
        severity: Severity | None = None,
    ) -> Rule:
        """Return a rule of this field; ``{left}`` says that the field stays empty, if it does."""
        severe = severity or self.severity
        left = ("，此项留空", "; the field stays empty") if severe == "warn" else ("", "")
        return Rule(
            f"{self.called or self.field}_{sentence}",
            why=why,
            column=f"{self.field}_fault",
            codes=codes,
            zh=zh.replace("{label}", self.zh).replace("{left}", left[0]),
            en=en.replace("{label}", self.en).replace("{left}", left[1]),
            severity=severe,
            owner=self.owner,
            field=self.field,
        )


def counted(about: About) -> tuple[Rule, ...]:
    """How many: a whole number, nothing else."""
    return (
        about.rule(
            "is_a_whole_number",
            "Only a number can be added up.",
            ("unreadable", "fraction"),
            "{label}“{value}”不是整数{left}。请只填数字，如 12。",
            "{label} is given as {value}, which is no whole number{left}; fill in digits only, like 12.",
        ),
        about.rule(
            "is_one_figure",
            "About 20, or 10 to 20, is no count: nobody has counted.",
            ("approximate", "range"),
            "{label}“{value}”是约数或范围{left}。请核实后填一个确切的数。",
            "{label} is given as {value}, an estimate or a range{left}; find out and fill in one number.",
        ),
        about.rule(
            "is_not_negative",
            "There are no fewer than none.",
            ("negative",),
            "{label}“{value}”是负数{left}。请核对。",
            "{label} is given as {value}, which is below zero{left}; check it.",
        ),
        about.rule(
            "is_not_out_of_all_bounds",
            "No organisation is that large; two cells have run together, or it is a phone number.",
            ("too_large",),
            "{label}“{value}”大得不可能{left}。请核对是否错列或多写了数字。",
            "{label} is given as {value}, more than any organisation has{left}; is it another column's value?",
        ),
    )


def dated(about: About, *, doubtful: Severity | None = None) -> tuple[Rule, ...]:
    """A day; ``doubtful`` is how severe a year alone or a placeholder is (else as the rest)."""
    return (
        about.rule(
            "is_a_date",
            "A date is a day that exists.",
            ("unreadable",),
            "{label}“{value}”不是日期{left}。请写成 2019-03-15 的形式。",
            "{label} is given as {value}, which is no date{left}; write it like 2019-03-15.",
        ),
        about.rule(
            "is_not_in_the_future",
            "It has not happened yet.",
            ("future",),
            "{label}“{value}”晚于今天{left}。请核对。",
            "{label} is given as {value}, which is in the future{left}; check it.",
        ),
        about.rule(
            "has_a_year_of_four_digits",
            "85 may be 1985 or 1885: no century is guessed.",
            ("two_digit_year",),
            "{label}“{value}”的年份只有两位{left}。请写四位年份，如 1985-03-12。",
            "{label} is given as {value}, a year of two digits{left}; write all four, like 1985-03-12.",
        ),
        about.rule(
            "has_a_day",
            "The first of the month stands in for a day nobody wrote.",
            ("month_only",),
            "{label}“{value}”只写到月，暂按当月 1 日记。请补上日期。",
            "{label} is given as {value}, a month only; it is taken as the month's first day. Add the day.",
            severity="warn",
        ),
        about.rule(
            "has_a_month",
            "Nothing can be reckoned from a year alone.",
            ("year_only",),
            "{label}“{value}”只写到年{left}。请补上月和日。",
            "{label} is given as {value}, a year only{left}; add month and day.",
            severity=doubtful,
        ),
        about.rule(
            "is_no_placeholder",
            "1900-01-01 and 9999-12-31 are what systems write for an empty date.",
            ("placeholder",),
            "{label}“{value}”是系统的空日期，不是真实日期{left}。请填真实日期，不清楚就留空。",
            "{label} is given as {value}, which systems write for no date at all{left}; fill in the real one or nothing.",
            severity=doubtful,
        ),
    )


def answered(about: About) -> tuple[Rule, ...]:
    """Yes or no."""
    return (
        about.rule(
            "is_answered_yes_or_no",
            "A question has two answers: 是/否, 有/无, √/×, 1/0.",
            ("unreadable",),
            "{label}“{value}”看不出是或否{left}。请填“是”或“否”。",
            "{label} is answered {value}, which is neither yes nor no{left}; fill in 是 or 否.",
        ),
    )


def measured(about: About) -> tuple[Rule, ...]:
    """Square metres."""
    return (
        about.rule(
            "is_a_measure",
            "Only a number can be compared.",
            ("unreadable",),
            "{label}“{value}”读不出面积{left}。请填平方米数，如 120。",
            "{label} is given as {value}, from which no area can be read{left}; fill in square metres, like 120.",
        ),
        about.rule(
            "is_not_less_than_nothing",
            "There is no area below nothing.",
            ("negative",),
            "{label}“{value}”是负数{left}。请核对。",
            "{label} is given as {value}, which is below zero{left}; check it.",
        ),
    )


def paid(about: About) -> tuple[Rule, ...]:
    """An amount of money, in ten thousand yuan."""
    return (
        about.rule(
            "is_an_amount",
            "Only an amount can be compared.",
            ("unreadable",),
            "{label}“{value}”读不出金额{left}。请填以万元计的数字，如 1200。",
            "{label} is given as {value}, from which no amount can be read{left}; fill in 万元, like 1200.",
        ),
        about.rule(
            "has_a_unit",
            "1200 of what: a factor of ten thousand hangs on it.",
            ("no_unit",),
            "{label}“{value}”没有写明单位（万元或元）{left}。请在列名或单元格中写明单位。",
            "{label} is given as {value} without a unit{left}; name 万元 or 元 in the header or the cell.",
        ),
        about.rule(
            "is_in_yuan",
            "Other money has another worth every day.",
            ("currency",),
            "{label}“{value}”不是人民币金额{left}。请折算为万元人民币。",
            "{label} is given as {value}, which is not in yuan{left}; convert it into 万元.",
        ),
    )


def chosen(about: About, options: str, options_en: str) -> tuple[Rule, ...]:
    """One of a list's wordings, in words."""
    return (
        about.rule(
            "is_in_its_list",
            "A wording that no table knows cannot be counted under any heading.",
            ("unknown",),
            "{label}“{value}”不在可选项中{left}。可选：" + options + "。",
            "{label} is given as {value}, which is not in its list{left}; choose from "
            + options_en
            + ".",
        ),
        about.rule(
            "is_written_in_words",
            "Systems number their lists differently, so a bare number says nothing.",
            ("bare_code",),
            "{label}“{value}”只是代码，各系统编号不同，无法判断{left}。请填文字：" + options + "。",
            "{label} is given as the bare code {value}, which means something else in every system{left}; write it in words: "
            + options_en
            + ".",
        ),
    )


def ticked(about: About, options: str, options_en: str, ticks: tuple[str, ...]) -> tuple[Rule, ...]:
    """One of a list, as a word in one column or as a tick in one of several (``ticks``)."""
    words = chosen(about, options, options_en)
    quoted = "、".join(f"“{{{tick}}}”" for tick in ticks)
    quoted_en = ", ".join(f"“{{{tick}}}”" for tick in ticks)
    several = Rule(
        f"{about.called or about.field}_has_one_tick",
        why="Two ticks are two answers to one question.",
        column=f"{about.field}_fault",
        codes=("two_ticks",),
        zh=f"{about.zh}勾选了不止一项（{options}依次为：{quoted}）。请只保留一项。",
        en=f"more than one box of {about.en} is ticked ({options_en}: {quoted_en}); leave one.",
        severity="refuse",
        owner=about.owner,
        field=ticks[0],
        also=ticks[1:],
    )
    unread = Rule(
        f"{about.called or about.field}_ticks_are_ticks",
        why="In a column of ticks stands a tick, a cross, or nothing.",
        column=f"{about.field}_fault",
        codes=("tick",),
        zh=f"{about.zh}的勾选列中有看不出是否勾选的内容（{options}依次为：{quoted}），此项留空。请填“√”或留空。",
        en=f"a box of {about.en} holds neither a tick nor nothing ({options_en}: {quoted_en}); the field stays empty. Fill in √ or leave it empty.",
        severity="warn",
        owner=about.owner,
        field=ticks[0],
        also=ticks[1:],
    )
    return (*words, several, unread)


def phoned(about: About) -> tuple[Rule, ...]:
    """A telephone number."""
    return (
        about.rule(
            "is_a_telephone_number",
            "A mobile number has 11 digits, a landline its area code.",
            ("format",),
            "{label}“{value}”不像电话号码{left}。请填 11 位手机号，或“区号-号码”。",
            "{value} ({label}) does not look like a telephone number{left}; fill in 11 digits of a mobile, or area code and number.",
        ),
        about.rule(
            "is_not_masked",
            "Nobody can ring a number with stars in it.",
            ("masked",),
            "{label}“{value}”已被遮盖{left}。请填完整号码。",
            "{value} ({label}) is masked{left}; fill in the whole number.",
        ),
        about.rule(
            "has_the_zero_of_its_area_code",
            "A spreadsheet drops the zero that an area code begins with.",
            ("lost_zero",),
            "{label}“{value}”的区号前少了 0{left}。请把该列设为“文本”后补上。",
            "the area code of {value} ({label}) has lost its zero{left}; format the column as text and put it back.",
        ),
    )


def named(about: About, *, needed: bool = True) -> tuple[Rule, ...]:
    """A person's name; ``needed`` tells whether an empty cell is a fault."""
    missing = about.rule(
        "is_present",
        "A row without a name is about nobody.",
        ("missing",),
        "没有{label}。请在“{column}”列补填。",
        "{label} is missing; fill it in under {column}.",
    )
    return (
        *((missing,) if needed else ()),
        about.rule(
            "has_no_digits",
            "No name has digits in it; a number has been added, or the columns are shifted.",
            ("digits",),
            "{label}“{value}”含有数字{left}。请核对是否错列，并填写真实姓名。",
            "{value} ({label}) has digits in it{left}; are the columns shifted? Fill in the real name.",
        ),
        about.rule(
            "is_no_longer_than_names_are",
            "Nobody is called by a paragraph.",
            ("too_long",),
            "{label}“{value}”过长{left}。一行只填一个人的姓名。",
            "{value} ({label}) is too long{left}; one row holds one person's name.",
        ),
        about.rule(
            "is_written_out",
            "张* and 张某 are nobody in particular.",
            ("masked",),
            "{label}“{value}”已被遮盖{left}。请填写完整姓名。",
            "{value} ({label}) is masked{left}; write the name out.",
        ),
        about.rule(
            "is_a_name_and_not_a_form_of_address",
            "张总 and 李经理 are not what anybody is registered as.",
            ("title",),
            "{label}“{value}”是称呼，不是姓名{left}。请填写真实姓名。",
            "{value} ({label}) is a form of address{left}; fill in the real name.",
        ),
    )


def organisation_named(about: About) -> tuple[Rule, ...]:
    """An organisation's name, which a row cannot do without."""
    return (
        about.rule(
            "is_there",
            "A row without a name is about nobody.",
            ("missing",),
            "没有{label}。请在“{column}”列补填。",
            "{label} is missing; fill it in under {column}.",
        ),
        about.rule(
            "is_more_than_digits",
            "A name of digits alone is another column's number.",
            ("digits_only",),
            "{label}“{value}”只有数字，可能错列。请核对。",
            "{value} ({label}) is digits alone; are the columns shifted?",
        ),
        about.rule(
            "is_one_name",
            "Names that long are several, or a paragraph.",
            ("too_long",),
            "{label}“{value}”过长。一行只填一个单位的名称。",
            "{value} ({label}) is too long; one row holds one organisation's name.",
        ),
    )
