"""What the server itself refuses, before any page of ours is asked: said in our words, not in its own."""

import logging
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser, ParsingError  # type: ignore[import-untyped]
from waitress.task import ErrorTask  # type: ignore[import-untyped]

from dashboard.text import both

log = logging.getLogger(__name__)
#: By status; everything else is a request that is none.
SENTENCES = {413: "error.too_large", 431: "error.headers_too_large"}


class Refusal(ErrorTask):  # type: ignore[misc]
    """The answer to what is too large, or no HTTP."""

    def execute(self) -> None:
        """Answer in Chinese and English, and end the connection."""
        error = self.request.error
        log.warning("refused a request before it reached a page: %s %s", error.code, error.reason)
        told = "\n".join(both(SENTENCES.get(error.code, "error.bad_request"))).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend(
            [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "no-store"),
            ]
        )
        self.set_close_on_finish()
        self.content_length = len(told)
        self.write(told)


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads what a request begins with, and takes none that two readers could end at two places."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of a request.

        Raises:
            ParsingError: it is none.
        """
        try:
            super().parse_header(header_plus)
        except ParsingError:
            raise
        except ValueError:  # brackets in the address that are no host
            raise ParsingError("Bad URI") from None
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("two lengths")


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection."""

    parser_class = Parser
    error_task_class = Refusal


def speaking(server: Any) -> Any:
    """Let a waitress server refuse in our words; return it."""
    server.channel_class = Channel
    return server
