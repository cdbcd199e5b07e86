"""Where this broker and its rooms are: the URLs it hands out, and whose request one is."""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from agentgather_broker.addresses import Network, visitor_address
from agentgather_broker.slugs import is_slug

HASH_CHARACTERS = 12
HASHES_MAX = 1_024  # of slugs, remembered: one is wanted with every request


class Places:
    """`url` is the broker's own, without a trailing slash; below `wildcard_domain` each room has an origin of its own."""

    def __init__(self, url: str, *, wildcard_domain: str | None, trusted: tuple[Network, ...], secret: bytes) -> None:
        parts = urlsplit(url)
        self.url = url
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._scheme = parts.scheme
        self._port = f":{parts.port}" if parts.port else ""
        self._prefix = parts.path.encode()
        self._wildcard = wildcard_domain.lower().rstrip(".") if wildcard_domain else None
        self._trusted = trusted
        self._secret = secret
        self._hash_of = lru_cache(maxsize=HASHES_MAX)(self._hash)

    @property
    def has_own_origins(self) -> bool:
        """Whether each room has an origin of its own; else all share this broker's."""
        return self._wildcard is not None

    def public_url(self, slug: str) -> str:
        """Where visitors reach the room of `slug`."""
        return f"{self._scheme}://{slug}.{self._wildcard}{self._port}" if self._wildcard else f"{self.url}/{slug}"

    def public_origin(self, slug: str) -> str:
        """The origin of the pages of the room of `slug`."""
        return self.public_url(slug) if self._wildcard else self.origin

    def visitor(self, scope: Any) -> str:
        """The address of whoever asks."""
        return visitor_address(scope, trusted=self._trusted)

    def dialled(self, scope: Any) -> str:
        """The origin that a host seems to have dialled, going by its Host header."""
        return f"{self._scheme}://{_host(scope)}"

    def slug_of_host(self, scope: Any) -> str | None:
        """The slug that a request's Host header names, when rooms have origins of their own and it is one of them."""
        if self._wildcard is None:
            return None
        name = _host(scope).lower().rpartition(":")[0] or _host(scope).lower()
        slug, dot, domain = name.partition(".")
        return slug if dot and domain == self._wildcard and is_slug(slug, is_label=True) else None

    def hash_of(self, slug: str) -> str:
        """What stands for a slug in logs: worth nothing to who does not have this process's secret."""
        return self._hash_of(slug)

    def _hash(self, slug: str) -> str:
        return hmac.new(self._secret, slug.encode(), "sha256").hexdigest()[:HASH_CHARACTERS]


def _host(scope: Any) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
