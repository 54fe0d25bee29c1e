"""Sending to a program elsewhere: by TLS, to public addresses only, once, and signed so that it can tell who sent it."""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from http.client import HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

SECONDS = 15
# Addresses of IPv4 written as such of IPv6 for a gateway (RFC 6052).
GATEWAY = IPv6Network("64:ff9b::/96")


class NotDelivered(Exception):
    """Why a receiver did not take it. Says nothing of the address, which may hold a secret."""


def post(url: str, body: bytes, *, id: str, moment: int, sign: Callable[[bytes], bytes]) -> None:
    """Send a JSON text, signed with Ed25519 as Standard Webhooks say. Raises NotDelivered unless the receiver took it.

    Who gets the same `id` again has it already: it was sent before, and the answer was lost. No redirect is followed.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise NotDelivered("the address does not begin with https://")
    signature = b64encode(sign(f"{id}.{moment}.".encode() + body)).decode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Kivijalka",
        "Webhook-Id": id,
        "Webhook-Timestamp": str(moment),
        "Webhook-Signature": f"v1a,{signature}",
    }
    connection = _Pinned(parts.hostname, parts.port, timeout=SECONDS, context=ssl.create_default_context())
    try:
        connection.request("POST", f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}", body, headers)
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise NotDelivered(type(error).__name__) from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotDelivered(f"it answered {status}")


class _Pinned(HTTPSConnection):
    """A connection to what the name was found to stand for: it is not asked for again, when it could say another."""

    def connect(self) -> None:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not all(map(is_allowed, addresses)):
            raise NotDelivered("the name stands for an address that is not public")
        raw = self._first_of(addresses)
        self.sock = self._context.wrap_socket(raw, server_hostname=self.host)  # type: ignore[attr-defined]

    def _first_of(self, addresses: list[str]) -> socket.socket:
        for address in addresses[:-1]:
            try:
                return socket.create_connection((address, self.port), SECONDS)
            except OSError:
                continue
        return socket.create_connection((addresses[-1], self.port), SECONDS)


def is_allowed(text: str) -> bool:
    """Whether anything is sent to an address: a public one. Tests name networks of this machine besides."""
    address = ip_address(text.partition("%")[0])
    return is_public(address) or any(address in ip_network(network) for network in settings.WEBHOOK_NETWORKS)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public network, in whatever way it is written."""
    if isinstance(address, IPv6Address):
        behind = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in GATEWAY:
            behind = IPv4Address(int(address) & 0xFFFFFFFF)
        if behind is not None:
            return is_public(behind)
    return address.is_global and not address.is_multicast
