"""The notice that is posted at a workplace: one sheet of A4 with a QR code, in one file.

The file loads nothing from anywhere, so that it can be carried to a printer.
"""

from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

import segno
from markupsafe import Markup

from dashboard.declare import ROOT
from dashboard.declare.pages import fill
from dashboard.declare.words import committee, notice_items
from dashboard.text import Say, both
from liangxin.errors import Misuse
from liangxin.links import Place

#: So much of the code may be dirty or torn, a quarter, and it is still read.
ERROR_CORRECTION = "q"


def address_of(base: str, token: str) -> str:
    """Return the address of the page behind a link.

    Raises:
        Misuse: the base is not that of a server that keeps secret what is sent to it.
    """
    given = base.strip()
    try:
        parts = urlsplit(given)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Misuse(*both("posted.bad_base", base=given)) from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host or ""))
    bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or "@" in parts.netloc)
    if not (
        safe and bare and host and given.isascii() and given.isprintable() and " " not in given
    ):
        raise Misuse(*both("posted.bad_base", base=given))
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}{ROOT}/{token}"


def render(place: Place, address: str, say: Say) -> str:
    """Return the notice as HTML.

    Args:
        place: where the link leads.
        address: of the page, as the code and the letters below it tell.
        say: the texts.
    """
    return fill(
        "posted.html",
        say,
        place=place,
        address=address,
        qr=Markup(qr(address, say("posted.qr"))),  # noqa: S704 - made by segno, title escaped there
        # The link opens nothing on the day it ends.
        until=place.expires_on - timedelta(days=1),
        committee=committee(place, say),
        notice=notice_items(place, say),
    )


def qr(address: str, title: str) -> str:
    """Return a QR code as an SVG element."""
    made = segno.make_qr(address, error=ERROR_CORRECTION)
    return made.svg_inline(border=4, omitsize=True, title=title, svgclass=None, lineclass=None)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
