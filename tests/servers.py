"""Publishers on the loopback: a site told what to answer, and Datasette, which nobody here wrote."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DATASETTE_START_SECONDS = 30.0
#: Bytes sent at a time of an answer that is too long.
PORTION = 1 << 16


@dataclass(frozen=True)
class Answer:
    """What a site says to one request."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None  # bytes after which the connection breaks off
    wait: float = 0.0  # seconds before anything is said
    chunked: bool = False  # sent in chunks, its length not stated
    length: int | None = None  # bytes to send, the body over and over
    pause: float = 0.0  # seconds between two portions


def as_json(value: Any, **more: Any) -> Answer:
    """Return an answer of JSON."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(body, headers={"Content-Type": "application/json"}, **more)


def as_html(text: str, encoding: str = "utf-8", **more: Any) -> Answer:
    """Return an answer of HTML that does not say how it is encoded."""
    return Answer(text.encode(encoding), headers={"Content-Type": "text/html"}, **more)


@dataclass
class Site:
    """A running site: answers by path and query, and what it was asked."""

    url: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def says(self, path: str, *answers: Answer) -> None:
        """Set what a path answers, one request after the other; the last answer stays."""
        self.answers[path] = list(answers)

    def pages_asked(self) -> list[str]:
        """Return the paths asked for, robots.txt apart, in order."""
        return [path for path in self.asked if path != "/robots.txt"]


def unchanged(asked: Mapping[str, str], headers: Mapping[str, str]) -> bool:
    """Return if a page is marked as the one a visitor says it has, by RFC 9110 §13.2.2."""
    if "If-None-Match" in asked:
        return asked["If-None-Match"] == headers.get("ETag")
    since = asked.get("If-Modified-Since")
    return since is not None and since == headers.get("Last-Modified")


def length_of(answer: Answer) -> tuple[str, str]:
    """Return the header that states how long an answer is."""
    return "Content-Length", str(len(answer.body) if answer.length is None else answer.length)


def blocks_of(answer: Answer) -> Iterator[bytes]:
    """Yield what is sent of an answer; one that is too long is sent until nobody listens."""
    body = answer.body
    if answer.length and not answer.pause:
        body *= PORTION // len(body) + 1
    if answer.chunked:
        left = answer.length or len(body)
        while left > 0:
            size = min(left, len(body))
            yield b"%x\r\n" % size
            yield body[: size if answer.cut is None else answer.cut]
            if answer.cut is not None:
                return
            yield b"\r\n"
            left -= size
        yield b"0\r\n\r\n"
    elif answer.length is None:
        yield body[: answer.cut]
    else:
        for _ in range(answer.length // len(body)):
            yield body


@contextmanager
def site() -> Iterator[Site]:
    """Serve a site as long as the block lasts; what it was not told is not found."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked.append(self.path)
            here.headers.append(dict(self.headers.items()))
            known = here.answers.get(self.path, [Answer(status=404)])
            answer = known.pop(0) if len(known) > 1 else known[0]
            time.sleep(answer.wait)
            if unchanged(self.headers, answer.headers):
                answer = Answer(status=304)
            if answer.chunked:
                self.protocol_version = "HTTP/1.1"
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            stated = ("Transfer-Encoding", "chunked") if answer.chunked else length_of(answer)
            self.send_header(*stated)
            self.end_headers()
            for block in blocks_of(answer):
                self.wfile.write(block)
                time.sleep(answer.pause)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """Say nothing about a client that went away: some tests want just that."""

    with Server(("127.0.0.1", 0), Handler) as server:
        here = Site(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def folder(path: Path) -> Iterator[str]:
    """Serve the files of a folder with Python's own server; yield its address."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(path))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def datasette(database: Path) -> Iterator[str]:
    """Serve a SQLite file with Datasette as long as the block lasts; yield its address."""
    command: Sequence[str] = [sys.executable, "-m", "datasette", "serve", str(database)]
    log = database.with_suffix(".log")
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*command, "--port", "0", "--setting", "max_returned_rows", "100000"],
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            yield _announced(process, log)
        finally:
            process.kill()


def _announced(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return the address a server prints once it listens."""
    give_up = time.monotonic() + DATASETTE_START_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        found = re.search(r"running on (http://[\d.]+:\d+)", log.read_text())
        if found:
            return found[1]
        time.sleep(0.02)
    raise RuntimeError(f"Datasette does not start: {log.read_text()}")
