"""What offices hand in at a page: where it goes, and how much may come.

These addresses take a file as it is, block by block; every other one takes a question of some
hundred bytes (``dashboard.responses``).
"""

from collections.abc import Mapping
from typing import Final

from liangxin.settings import Settings

ROOT: Final = "/files"
UPLOAD: Final = f"{ROOT}/upload"
ROSTER: Final = f"{ROOT}/roster"
#: Where a package of another office is sent to be opened, and where one of ours is fetched.
OPEN: Final = "/exchange/open"
PACKAGE: Final = "/exchange/packages/<int:number>.lxp"
#: A staff list never leaves memory, so it may not be large; one of 50,000 people is 8 MB.
ROSTER_BYTES = 16 * 2**20
#: From here on what is sent lies in a nameless temporary file until it is whole.
IN_MEMORY = 2**20


def room(settings: Settings) -> Mapping[bytes, tuple[int, int]]:
    """Return for each address that takes files how many bytes may come, and how many stay in memory."""
    return {
        UPLOAD.encode(): (settings.max_upload_bytes, IN_MEMORY),
        OPEN.encode(): (settings.max_upload_bytes, IN_MEMORY),
        ROSTER.encode(): (ROSTER_BYTES, ROSTER_BYTES + 1),
    }


def takes_files(path: str) -> bool:
    """Tell whether an address takes files; what asks it is a script."""
    return path in {UPLOAD, OPEN, ROSTER}
