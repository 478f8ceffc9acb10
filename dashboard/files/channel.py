"""More room for the few addresses that take files; everywhere else what the server allows."""

import copy
from collections.abc import Mapping
from typing import Any

from dashboard import sentences


def give_room(server: Any, room: Mapping[bytes, tuple[int, int]]) -> None:
    """Let a waitress server take larger bodies at some addresses.

    Args:
        server: listens at one address.
        room: of a path: the largest body, and from which size on it lies in a temporary file.
    """
    wider = {}
    for path, (most, in_memory) in room.items():
        wider[path] = copy.copy(server.adj)
        wider[path].max_request_body_size = most + 1  # waitress refuses what is as large
        wider[path].inbuf_overflow = in_memory

    class Parser(sentences.Parser):
        """Reads the first line before it decides how much may come."""

        def parse_header(self, header_plus: bytes) -> None:
            """Parse the headers of a request."""
            method, _, rest = header_plus.partition(b"\r\n")[0].partition(b" ")
            path = rest.partition(b" ")[0].partition(b"?")[0]
            if method == b"POST" and path in wider:
                self.adj = wider[path]
            super().parse_header(header_plus)

    class Channel(sentences.Channel):
        """Reads requests with that parser."""

        parser_class = Parser

    server.channel_class = Channel
