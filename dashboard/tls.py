"""TLS by our own certificate, where no proxy stands before us.

waitress speaks no TLS, and its loop cannot be handed sockets that do: it would wait for handshakes
and miss what TLS holds back. asyncio does it whole. So asyncio takes the connections and hands
their bytes on, unread, to waitress at this machine; whom each is from is known by its port there.
"""

import asyncio
import logging
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from dashboard.text import both
from liangxin.errors import Misuse

log = logging.getLogger(__name__)

#: Seconds for a handshake, and between two looks whether the certificate was renewed.
HANDSHAKE, EVERY = 10.0, 60.0
#: So many connections at once; a browser keeps six.
CONNECTIONS = 1_000
BLOCK = 64 * 1024
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its chain, and its key: two files in PEM."""

    cert: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Return what speaks TLS with them.

        Raises:
            Misuse: they cannot be read, do not belong together, or others may read the key.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        context.set_alpn_protocols(["http/1.1"])
        self.load_into(context)
        return context

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let new connections have the files as they are now.

        Raises:
            Misuse: as ``context``.
        """
        try:
            if os.name == "posix" and self.key.stat().st_mode & 0o077:
                raise Misuse(*both("serve.key_open", file=self.key))
            # Nobody is there to be asked for a password.
            context.load_cert_chain(self.cert, self.key, password=lambda: b"")
        except (ssl.SSLError, ValueError):
            raise Misuse(*both("serve.bad_cert", cert=self.cert, file=self.key)) from None
        except OSError as error:
            reason = error.strerror or error
            raise Misuse(*both("serve.no_cert", reason=reason, cert=self.cert)) from None

    def require_for(self, host: str, now: datetime) -> None:
        """Return if the certificate is for a name, and holds now.

        Raises:
            Misuse: it is for others, is over, or has not begun.
        """
        try:
            found = x509.load_pem_x509_certificate(self.cert.read_bytes())
        except (ValueError, OSError):
            raise Misuse(*both("serve.bad_cert", cert=self.cert, file=self.key)) from None
        if not found.not_valid_before_utc <= now < found.not_valid_after_utc:
            until = f"{found.not_valid_after_utc:%Y-%m-%d}"
            raise Misuse(*both("serve.cert_over", cert=self.cert, until=until))
        names = _names(found)
        if not any(_covers(name, host) for name in names):
            raise Misuse(
                *both("serve.cert_of_others", host=host, names=" ".join(sorted(names)) or "-")
            )

    def stamp(self) -> tuple[float, float]:
        """When the files were last written."""
        return self.cert.stat().st_mtime, self.key.stat().st_mtime


class Terminator:
    """Ends TLS: takes connections at a port and hands their bytes on to another one of this machine."""

    def __init__(self, listening: socket.socket, inner: int, certificate: Certificate) -> None:
        self._listening = listening
        self._inner = inner
        self._certificate = certificate
        self._context = certificate.context()
        self._stamp = certificate.stamp()
        #: Port at the inner server -> address of the visitor.
        self._peers: dict[int, str] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="tls", daemon=True)

    def start(self) -> None:
        """Take connections from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Take none any more, and end those that are open."""
        with suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def telling(self, app: Wsgi) -> Wsgi:
        """Return an app that is told whom a request is from; what came past us is refused."""

        def told(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            peer = self._peers.get(int(environ.get("REMOTE_PORT") or 0))
            if peer is None:
                start("400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", "0")])
                return [b""]
            environ |= {"REMOTE_ADDR": peer, "REMOTE_HOST": peer, "wsgi.url_scheme": "https"}
            return app(environ, start)

        return told

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._begin())
            self._loop.run_forever()
        finally:
            open_ = asyncio.all_tasks(self._loop)
            for task in open_:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*open_, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._listening.close()
            self._loop.close()

    async def _begin(self) -> None:
        self._server = await asyncio.start_server(
            self._take,
            sock=self._listening,
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE,
            limit=BLOCK,
        )
        self._renewing = asyncio.ensure_future(self._renew())

    async def _renew(self) -> None:
        """Serve a renewed certificate without a restart; a broken one is told of, and the old stays."""
        while True:
            await asyncio.sleep(EVERY)
            self.look_again()

    def look_again(self) -> None:
        """Take the files anew if they were written since."""
        try:
            stamp = self._certificate.stamp()
            if stamp != self._stamp:
                self._stamp = stamp
                self._certificate.context()  # both fit, or nothing is altered
                self._certificate.load_into(self._context)
        except (OSError, Misuse) as error:
            log.warning("the renewed certificate is not used: %s", error)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand one connection on, both ways, until either end closes it."""
        peer = writer.get_extra_info("peername")
        port = 0
        inner: asyncio.StreamWriter | None = None
        try:
            if peer is None or len(self._peers) >= CONNECTIONS:
                return
            answers, inner = await asyncio.open_connection("127.0.0.1", self._inner, limit=BLOCK)
            port = inner.get_extra_info("sockname")[1]
            self._peers[port] = peer[0]
            ways = [_hand_on(reader, inner), _hand_on(answers, writer)]
            tasks = [asyncio.ensure_future(way) for way in ways]
            _, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not tasks[1].done():  # all was asked; what is still answered goes out
                await asyncio.wait(rest)
        except OSError:
            pass  # a visitor who left, or the server is going
        finally:
            self._peers.pop(port, None)
            for each in (inner, writer):
                if each is not None:
                    each.transport.abort() if each is inner else each.close()


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while block := await reader.read(BLOCK):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


class Encrypted:
    """A waitress server behind TLS of our own: runs and stops as one."""

    def __init__(self, server: Any, terminator: Terminator, port: int) -> None:
        self.server = server
        self.terminator = terminator
        self.effective_port = port

    def run(self) -> None:
        """Serve until interrupted."""
        self.terminator.start()
        try:
            self.server.run()
        finally:
            self.terminator.stop()


def _names(certificate: x509.Certificate) -> set[str]:
    """The names and addresses a certificate is for."""
    try:
        found: Any = certificate.extensions.get_extension_for_oid(
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME
        ).value
    except x509.ExtensionNotFound:
        return set()
    names = {name.lower() for name in found.get_values_for_type(x509.DNSName)}
    return names | {str(each) for each in found.get_values_for_type(x509.IPAddress)}


def _covers(name: str, host: str) -> bool:
    """Tell whether a name of a certificate is a host, or a star in place of its first part."""
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])
