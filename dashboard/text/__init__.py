"""Every word a person reads on a page, in Chinese and English.

``zh.py`` and ``en.py`` hold the same keys, as does each pair ``zh_*.py`` and ``en_*.py`` for a group
of pages; a test holds them together. What the domain itself
says (errors, titles of rates) comes from there in both languages and is only chosen here.
"""

from typing import Literal

from dashboard.text import (
    en,
    en_admin,
    en_admin_data,
    en_admin_rules,
    en_files,
    en_leader,
    en_locate,
    en_members,
    en_pages,
    en_plans,
    en_screening,
    zh,
    zh_admin,
    zh_admin_data,
    zh_admin_rules,
    zh_files,
    zh_leader,
    zh_locate,
    zh_members,
    zh_pages,
    zh_plans,
    zh_screening,
)
from liangxin.errors import LiangxinError, NotPermitted
from liangxin.rules import RateRule

Language = Literal["zh", "en"]

_ZH = (
    zh,
    zh_pages,
    zh_files,
    zh_screening,
    zh_members,
    zh_plans,
    zh_admin,
    zh_admin_data,
    zh_admin_rules,
    zh_leader,
    zh_locate,
)
_EN = (
    en,
    en_pages,
    en_files,
    en_screening,
    en_members,
    en_plans,
    en_admin,
    en_admin_data,
    en_admin_rules,
    en_leader,
    en_locate,
)
WORDS: dict[Language, dict[str, str]] = {
    "zh": {key: word for area in _ZH for key, word in area.WORDS.items()},
    "en": {key: word for area in _EN for key, word in area.WORDS.items()},
}
#: What browsers, Plotly and Mantine's dates call the language.
TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}
#: Texts of AG Grid live under this prefix, by AG Grid's own names.
GRID = "grid."


def t(key: str, language: Language, **values: object) -> str:
    """Return a text with its values filled in.

    Raises:
        KeyError: no text has this key; a mistake of ours, never of a visitor.
    """
    return WORDS[language][key].format(**values)


def both(key: str, **values: object) -> tuple[str, str]:
    """Return a text in Chinese and in English, as an error wants them."""
    return t(key, "zh", **values), t(key, "en", **values)


class Say:
    """The texts of one language, so that a page need not pass the language around."""

    def __init__(self, language: Language) -> None:
        self.language = language

    @property
    def tag(self) -> str:
        """The language as a browser names it."""
        return TAGS[self.language]

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values filled in."""
        return t(key, self.language, **values)

    def word(self, kind: str, code: str | None) -> str:
        """Return the word for a code (``word("state", "closed")``), or the code if it has none."""
        return WORDS[self.language].get(f"{kind}.{code or 'none'}", code or "")

    def pair(self, pair: tuple[str, str]) -> str:
        """Return the Chinese or the English of two texts, as the domain keeps them."""
        zh, en = pair
        return zh if self.language == "zh" else en

    def title(self, rate: RateRule) -> str:
        """Return a rate's name."""
        return rate.title_zh if self.language == "zh" else rate.title_en

    def error(self, error: LiangxinError) -> str:
        """Return an error's sentence; roles and permissions are called as pages call them."""
        if isinstance(error, NotPermitted) and error.lacks is not None:
            role, permission = error.lacks
            named = {
                "role": self.word("role", role),
                "permission": self.word("admin.permission", permission),
            }
            return self("error.role_lacks", **named)
        return error.zh if self.language == "zh" else error.en

    def grid(self) -> dict[str, str]:
        """Return AG Grid's texts under AG Grid's own keys."""
        words = WORDS[self.language].items()
        return {key.removeprefix(GRID): word for key, word in words if key.startswith(GRID)}
