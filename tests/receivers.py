"""Who is written to: a mail server and a receiver of webhooks, real ones on this machine."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HERE = "localhost"


class Office:
    """What a mail server does with letters: keeps them, refuses them, or has its sender killed at the worst moment."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuses = False
        self.kills: Callable[[], None] | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # its name there
        if self.refuses:
            return "451 Try again later"
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        if self.kills is not None:
            self.kills()
        return "250 Taken"


@contextmanager
def mail_server(settings: Any) -> Iterator[Office]:
    """A mail server that the site knows."""
    kept = Office()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.DEFAULT_FROM_EMAIL = "Kivijalka <kj@esimerkki.example>"
    yield kept
    controller.stop()


class Hook(ThreadingHTTPServer):
    """A receiver by TLS. It keeps what came, and answers with the status that it is told to."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Received)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.came: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.leads_to = 204, ""

    @property
    def url(self) -> str:
        return f"https://{HERE}:{self.server_address[1]}/in?key=1"


class _Received(BaseHTTPRequestHandler):
    def do_POST(self) -> None:  # its name there
        hook: Any = self.server
        headers = {name.lower(): value for name, value in self.headers.items()}
        hook.came.append((self.path, headers, self.rfile.read(int(headers["content-length"]))))
        self.send_response(hook.status)
        if hook.leads_to:
            self.send_header("Location", hook.leads_to)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Nothing: tests are quiet."""


@contextmanager
def hook(folder: Path) -> Iterator[Hook]:
    """A receiver of webhooks; its certificate, which is its own authority, stands in the folder as `hook.pem`."""
    certificate = _certificate(folder / "hook.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Hook(context) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _certificate(path: Path) -> Path:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.OID_COMMON_NAME, HERE)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HERE)]), critical=False)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return path
