"""The pages over TLS by a certificate of our own, where no proxy stands before us."""

import asyncio
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from factories import NOW
from sqlalchemy import Engine
from waitress import wasyncore

import dashboard
from dashboard.account import SIGN_IN
from dashboard.declare import STYLE
from dashboard.declare.quotas import Quotas
from dashboard.serve import Public, make_server, stated
from dashboard.tls import Certificate, Encrypted
from liangxin import accounts, db
from liangxin.access import Actor, Role
from liangxin.errors import Misuse
from liangxin.settings import Settings

HOST = "djfg.example.cn"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def a_certificate(
    folder: Path,
    *names: str,
    begins: datetime = NOW - timedelta(days=1),
    days: int = 90,
    password: bytes | None = None,
) -> Certificate:
    """Write a certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示例")])
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names or (HOST,)]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    hidden = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    written = Certificate(folder / "cert.pem", folder / "key.pem")
    written.cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    written.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, hidden))
    written.key.chmod(0o600)
    return written


@contextmanager
def serving(
    settings: Settings, engine: Engine, certificate: Certificate, **how: Quotas
) -> Iterator[Encrypted]:
    server = make_server(
        settings,
        engine,
        host="127.0.0.1",
        port=0,
        clock=lambda: NOW,
        public=Public(f"https://{HOST}", certificate=certificate),
        **how,
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        inner = server.server
        with suppress(OSError):  # the loop may close its end before we have written to it
            inner.trigger.pull_trigger(lambda: wasyncore.close_all(inner._map))
        thread.join()
        inner.task_dispatcher.shutdown()


def trusting(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificate.cert))
    # Its days are those of the tests' clock.
    context.verify_flags |= 0x200000  # X509_V_FLAG_NO_CHECK_TIME
    return context


def asked(
    port: int,
    certificate: Certificate,
    method: str = "GET",
    path: str = SIGN_IN,
    body: str | None = None,
    *,
    of: str = "127.0.0.1",
    **headers: str,
) -> tuple[int, dict[str, str], str]:
    """Ask over TLS as a browser does, perhaps from another address of this machine."""
    line = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(of, 0))
    with trusting(certificate).wrap_socket(line, server_hostname=HOST) as secure:
        connection = http.client.HTTPConnection(HOST)
        connection.sock = secure
        connection.request(method, path, body, {"Host": HOST, **headers})
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode()


@pytest.fixture
def ready(sqlite_engine: Engine) -> Engine:
    operator = Actor("operator", Role.SYSADMIN)
    with db.writing(sqlite_engine) as connection:
        accounts.add(connection, "li", "leader", (), by=operator, today=NOW.date(), now=NOW)
    return sqlite_engine


def test_visitors_are_served_over_tls_and_asked_to_sign_in(
    sqlite_settings: Settings, ready: Engine, tmp_path: Path
) -> None:
    certificate = a_certificate(tmp_path)
    with serving(sqlite_settings, ready, certificate) as server:
        status, headers, said = asked(server.effective_port, certificate)
        assert (status, "登录" in said) == (200, True)
        assert "max-age" in headers["Strict-Transport-Security"]
        status, headers, _ = asked(server.effective_port, certificate, path="/")
        assert (status, headers["Location"]) == (303, f"{SIGN_IN}?next=/")
        assert asked(server.effective_port, certificate, Host="evil.example")[0] == 400


def test_each_visitor_is_known_by_their_own_address(
    sqlite_settings: Settings, ready: Engine, tmp_path: Path
) -> None:
    certificate = a_certificate(tmp_path)
    with serving(sqlite_settings, ready, certificate, quotas=Quotas(signing_in="2/hour")) as server:

        def tries(of: str) -> int:
            body = "name=li&password=wrong"
            return asked(server.effective_port, certificate, "POST", body=body, of=of, **FORM)[0]

        assert [tries("127.0.0.1") for _ in range(3)] == [401, 401, 429]
        assert tries("127.0.0.2") == 401
        told = {"X-Forwarded-For": "127.0.0.9"}
        body = "name=li&password=wrong"
        status = asked(server.effective_port, certificate, "POST", body=body, **FORM, **told)[0]
        assert status == 429  # nobody is believed


def test_who_comes_past_tls_is_refused(
    sqlite_settings: Settings, ready: Engine, tmp_path: Path
) -> None:
    certificate = a_certificate(tmp_path)
    with serving(sqlite_settings, ready, certificate) as server:
        with closing(
            http.client.HTTPConnection("127.0.0.1", server.server.effective_port, timeout=60)
        ) as past:
            past.request("GET", SIGN_IN, headers={"Host": HOST, "X-Forwarded-Proto": "https"})
            assert past.getresponse().status == 400
        with socket.create_connection(("127.0.0.1", server.effective_port), timeout=60) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"HTTP" not in plain.recv(1_000)
    assert certificate.context().minimum_version == ssl.TLSVersion.TLSv1_2


def test_whoever_begins_and_says_nothing_keeps_nobody_waiting(
    sqlite_settings: Settings, ready: Engine, tmp_path: Path
) -> None:
    certificate = a_certificate(tmp_path)
    with serving(sqlite_settings, ready, certificate) as server:
        silent = [socket.create_connection(("127.0.0.1", server.effective_port)) for _ in range(40)]
        began = time.monotonic()
        assert asked(server.effective_port, certificate)[0] == 200
        assert time.monotonic() - began < 5
        for line in silent:
            line.close()


def test_many_at_once_each_get_the_whole_of_what_they_asked_for(
    sqlite_settings: Settings, ready: Engine, tmp_path: Path
) -> None:
    certificate = a_certificate(tmp_path)
    style = (Path(dashboard.__file__).parent / "declare/style.css").read_text()
    with (
        serving(sqlite_settings, ready, certificate) as server,
        ThreadPoolExecutor(max_workers=40) as visitors,
    ):

        def asks(_n: int) -> bool:
            return asked(server.effective_port, certificate, path=STYLE)[2] == style

        assert all(visitors.map(asks, range(200)))


def test_too_large_a_body_gets_its_sentence_over_tls_too(
    sqlite_settings: Settings, ready: Engine, tmp_path: Path
) -> None:
    certificate = a_certificate(tmp_path)
    with serving(sqlite_settings, ready, certificate) as server:
        large = {"Content-Length": "10000000"}
        status, _, said = asked(server.effective_port, certificate, "POST", body="x", **large)
        assert (status, "过大" in said) == (413, True)


def test_a_renewed_certificate_is_served_without_a_restart_and_a_broken_one_is_not(
    sqlite_settings: Settings, ready: Engine, tmp_path: Path
) -> None:
    first = a_certificate(tmp_path)
    with serving(sqlite_settings, ready, first) as server:

        def looks() -> None:
            async def look() -> None:
                server.terminator.look_again()

            asyncio.run_coroutine_threadsafe(look(), server.terminator._loop).result(30)

        a_certificate(tmp_path)
        with pytest.raises(ssl.SSLError):
            asked(
                server.effective_port, first
            )  # it trusts what lies there, which is not served yet
        looks()
        assert asked(server.effective_port, first)[0] == 200
        held = tmp_path / "held.pem"
        held.write_bytes(first.cert.read_bytes())
        first.key.write_text("no key")
        looks()
        assert asked(server.effective_port, Certificate(held, first.key))[0] == 200


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("missing", "无法读取"),
        ("open", "chmod 600"),
        ("hidden", "不能使用"),
        ("nonsense", "不能使用"),
        ("strangers", "不能使用"),
        ("over", "有效期"),
        ("not begun", "有效期"),
        ("of others", "不是给"),
    ],
)
def test_a_certificate_that_will_not_do_stops_the_server(
    sqlite_settings: Settings, ready: Engine, tmp_path: Path, what: str, sentence: str
) -> None:
    how: dict[str, dict[str, object]] = {
        "hidden": {"password": b"secret"},
        "over": {"begins": NOW - timedelta(days=91)},
        "not begun": {"begins": NOW + timedelta(days=1)},
    }
    names = ("other.example.cn",) if what == "of others" else ()
    certificate = a_certificate(tmp_path, *names, **how.get(what, {}))  # type: ignore[arg-type]
    if what == "missing":
        certificate.cert.unlink()
    elif what == "open":
        certificate.key.chmod(0o640)
    elif what == "nonsense":
        certificate.cert.write_text("no certificate")
    elif what == "strangers":
        key = certificate.key.read_bytes()
        a_certificate(tmp_path)
        certificate.key.write_bytes(key)
    with pytest.raises(Misuse, match=sentence), serving(sqlite_settings, ready, certificate):
        pass


def test_a_star_stands_for_one_part_of_a_name(tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path, "*.example.cn")
    certificate.require_for(HOST, NOW)
    for other in ("example.cn", "a.b.example.cn", str(ip_address("192.0.2.1"))):
        with pytest.raises(Misuse):
            certificate.require_for(other, NOW)


def test_half_of_what_is_wanted_is_told(tmp_path: Path) -> None:
    cert, key = tmp_path / "a", tmp_path / "b"
    for said in (
        (f"https://{HOST}", "", cert, None),
        (f"https://{HOST}", "", None, key),
        (f"https://{HOST}", "10.0.0.2", cert, key),
        ("", "", cert, key),
    ):
        with pytest.raises(Misuse, match="--cert"):
            stated(*said)
    assert stated("", "", None, None) is None
    behind = stated(f"https://{HOST}", "", None, None)
    assert behind is not None
    assert behind.proxy == "127.0.0.1"
