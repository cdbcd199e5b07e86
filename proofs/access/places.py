"""Tokens in places where none belongs: what stands there is looked at nowhere, whoever it would be."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from tests.rooms import Guest

from proofs.access.building import Building
from proofs.access.page import code_of, rows, table
from proofs.figures import Figures
from proofs.proof import Disproved

TABLE = "Where a token counts"
FORM = "/transcript.html"
COOKIES = ("token", "session", "Authorization", "agentgather", "__Host-token")
LOOKALIKES = (
    "Proxy-Authorization",
    "X-Api-Key",
    "X-Auth-Token",
    "X-Authorization",
    "X-Forwarded-Authorization",
    "Authentication",
    "X-Original-Authorization",
    "X-Access-Token",
)
QUERIES = ("token", "access_token", "authorization", "bearer", "api_key", "auth")


@dataclass(frozen=True)
class Odd:
    """A request with the host's token in an odd place, and what it has to be told: a code, or an alias it is taken for."""

    method: str
    path: str
    told: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


async def try_all(building: Building, guest: Guest, choices: random.Random, figures: Figures) -> None:
    """Every place of the table through both doors. Raises Disproved."""
    host = building.host
    figures.count("a token counted where none belongs", 0)
    for door, url in building.doors.items():
        for place in (row["a token in"] for row in table(TABLE)):
            for odd in PLACES[place](host.token, guest, choices, door):
                answer = await building.client.request(
                    odd.method, url + odd.path, headers=list(odd.headers), content=odd.body
                )
                told = _told(answer)
                if told != odd.told:
                    path = odd.path.replace(host.token, "TOKEN")
                    raise Disproved(f"a token in {place}, {door}: {odd.method} {path} is told {told}, not {odd.told}")
                figures.count("tokens in odd places")


def _told(answer: httpx.Response) -> str:
    """The code of a refusal, or whom the asker was taken for."""
    if answer.headers["content-type"].startswith("text/html"):
        return "read" if answer.status_code == 200 else "unauthorized" if answer.status_code == 401 else answer.text
    said: dict[str, Any] = answer.json()
    if answer.is_error:
        return code_of(said["error"])
    return str(said.get("me") or said.get("alias") or said.get("message", {}).get("from"))


def _bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


def _right(token: str, guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    yield Odd("GET", "/status", "ops", (_bearer(token),))
    yield Odd("GET", "/status", guest.alias, (_bearer(guest.token),))


def _other_schemes(token: str, _guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    for value in (f"bearer {token}", f"Basic {token}", token, f"Token {token}"):
        yield Odd("GET", "/status", "unauthorized", (("Authorization", value),))


def _card_query(token: str, _guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    yield Odd("GET", f"/card?token={token}", "ops", (("Accept", "application/json"),))


def _card_query_beside(token: str, guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    yield Odd("GET", f"/card?token={token}", guest.alias, (_bearer(guest.token), ("Accept", "application/json")))
    yield Odd("GET", f"/card?token={token}", "unauthorized", (_bearer("agt_nobodys"), ("Accept", "application/json")))


def _other_queries(token: str, guest: Guest, choices: random.Random, _door: str) -> Iterator[Odd]:
    for row in rows("At a room"):
        if row.path in ("", "/card") or row.told["stranger"] != "unauthorized" or row.case:
            continue
        path = row.path.replace("<message_id>", "1").replace("<alias>", guest.alias)
        query = "?" + "&".join(f"{name}={token}" for name in choices.sample(QUERIES, 3))
        yield Odd(row.method, path + query, "unauthorized", body=b"" if row.path == FORM else None)
        if row.told["guest"] == "host_required":
            yield Odd(row.method, path + query, "host_required", (_bearer(guest.token),), b"{}")


def _paths(token: str, _guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    yield Odd("GET", f"/messages/{token}", "unauthorized")
    yield Odd("GET", f"/{token}/status", "not_found")
    yield Odd("GET", f"/status;token={token}", "not_found")
    yield Odd("GET", f"/status/%23token={token}", "not_found")


def _cookies(token: str, guest: Guest, choices: random.Random, _door: str) -> Iterator[Odd]:
    for name in COOKIES:
        cookie = ("Cookie", f"{name}={choices.choice((token, 'Bearer%20' + token))}")
        yield Odd("GET", "/status", "unauthorized", (cookie,))
        yield Odd("POST", "/close", "unauthorized", (cookie,), b"{}")
        yield Odd("POST", "/close", "host_required", (cookie, _bearer(guest.token)), b"{}")


def _lookalikes(token: str, guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    for name in LOOKALIKES:
        yield Odd("GET", "/status", "unauthorized", ((name, f"Bearer {token}"),))
        yield Odd("GET", "/status", guest.alias, ((name, f"Bearer {token}"), _bearer(guest.token)))


def _bodies(token: str, _guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    named = dict.fromkeys((*QUERIES, "from", "me", "alias", "participant"), token) | {"text": "hello"}
    yield Odd("POST", "/messages", "unauthorized", (("Content-Type", "application/json"),), json.dumps(named).encode())
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    yield Odd("POST", "/messages", "unauthorized", form, urlencode(named).encode())
    yield Odd("GET", "/status", "unauthorized", form, urlencode(named).encode())


def _bodies_beside(token: str, guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    named = dict.fromkeys(QUERIES, token) | dict.fromkeys(("from", "me", "alias", "actor"), "ops")
    body = json.dumps(named | {"text": "hello"}).encode()
    yield Odd("POST", "/messages", guest.alias, (_bearer(guest.token),), body)
    yield Odd("POST", "/close", "host_required", (_bearer(guest.token),), body)


def _users(token: str, _guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    for user in (f"ops:{token}", f"{token}:", f"Bearer:{token}"):
        yield Odd(
            "GET", "/status", "unauthorized", (("Authorization", f"Basic {base64.b64encode(user.encode()).decode()}"),)
        )


_FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def _forms(token: str, _guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    yield Odd("POST", FORM, "read", _FORM, f"token={token}".encode())
    yield Odd("POST", FORM, "read", _FORM, f"token={quote('https://x.example/#token=' + token)}".encode())


def _form_headers(token: str, _guest: Guest, _choices: random.Random, _door: str) -> Iterator[Odd]:
    yield Odd("POST", FORM, "unauthorized", (_bearer(token), *_FORM), b"")
    yield Odd("POST", FORM, "unauthorized", (_bearer(token), *_FORM), b"token=agt_nobodys")


def _twice(token: str, guest: Guest, choices: random.Random, door: str) -> Iterator[Odd]:
    pairs = [(token, guest.token), (guest.token, token), (token, token), ("x", token)]
    for one, other in pairs:
        names = choices.sample(("Authorization", "authorization", "AUTHORIZATION"), 2)
        told = "bad_request" if door == "directly" else "bad_target"
        yield Odd("GET", "/status", told, ((names[0], f"Bearer {one}"), (names[1], f"Bearer {other}")))


Maker = Callable[[str, Guest, random.Random, str], Iterator[Odd]]
PLACES: dict[str, Maker] = {
    "`Authorization: Bearer`": _right,
    "`Authorization: bearer`, `Basic`, or without a scheme": _other_schemes,
    "the query of `GET /card`, without a header": _card_query,
    "the query of `GET /card`, beside a header": _card_query_beside,
    "the query of any other request": _other_queries,
    "the path": _paths,
    "a cookie": _cookies,
    "`Proxy-Authorization`, `X-Api-Key` and their like": _lookalikes,
    "the body, without a header": _bodies,
    "the body, beside a header": _bodies_beside,
    "the user and password of a URL": _users,
    "the form of `POST /transcript.html`": _forms,
    "a header of `POST /transcript.html`": _form_headers,
    "a second `Authorization` header": _twice,
}
