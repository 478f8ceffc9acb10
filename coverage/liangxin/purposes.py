"""Why somebody may open what is kept of a person; without one of these nobody does. Pure.

A choice and no free text, so that no purpose names a person and the log can be counted.
"""

from collections.abc import Mapping

from liangxin.errors import Misuse

PURPOSES: Mapping[str, tuple[str, str]] = {
    "confirm": ("与本人核实确认", "to confirm with the person"),
    "transfer": ("办理组织关系转接", "to transfer the relation"),
    "branch": ("组建党组织、开展组织生活", "to form a Party organisation and hold its meetings"),
    "request": ("答复本人的请求", "to answer a request of the person"),
    "self": ("本人查看、更正或撤回", "the person sees, corrects or withdraws"),
}
#: What offices may name; ``self`` is the person's own.
OF_OFFICES = ("confirm", "transfer", "branch", "request")


def require_purpose(name: str) -> str:
    """Return a purpose that an office may have.

    Raises:
        Misuse: there is none, or no such one.
    """
    if name not in OF_OFFICES:
        zh = "、".join(f"{each}（{PURPOSES[each][0]}）" for each in OF_OFFICES)
        en = ", ".join(f"{each} ({PURPOSES[each][1]})" for each in OF_OFFICES)
        raise Misuse(
            f"查看个人信息须说明目的，可用：{zh}。每次查看都会记录，本人可见。",
            f"say why a person's data is opened: {en}. Every look is recorded and shown to the person.",
        )
    return name
