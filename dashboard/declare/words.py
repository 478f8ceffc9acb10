"""What the pages and the posted notice say of a committee and of people's data, in one place. Pure."""

from dashboard.text import Say
from liangxin import notice
from liangxin.links import Place


def committee(place: Place, say: Say) -> str:
    """Return what the committee that a link belongs to is called."""
    if place.subdistrict is None:
        return say("declare.committee_of_district")
    return say("declare.committee", subdistrict=place.subdistrict)


def notice_items(place: Place, say: Say) -> list[tuple[str, str]]:
    """Return the notice as a list: what each item is about, and what it says."""
    colon = say("declare.colon")
    found = []
    for _, zh, en in notice.current().items:
        about, _, text = say.pair((zh, en)).partition(colon)
        found.append((about, text.replace("{committee}", committee(place, say))))
    return found
