"""How a decision on where addresses lie is told. Pure."""

from datetime import date

#: What a decision may be about.
KINDS: dict[str, tuple[str, str]] = {
    "place": ("楼宇或小区", "building or estate"),
    "door": ("门牌", "house number"),
    "road": ("道路", "road"),
    "address": ("地址写法", "wording"),
}


def decided(pattern: str, town: str, by: str, on: date) -> tuple[str, str]:
    """Why an address is where somebody decided, Chinese and English."""
    return (
        f"“{pattern}”由 {by} 于 {on} 认定属{town}",
        f"{by} decided on {on} that {pattern} is in {town}",
    )
