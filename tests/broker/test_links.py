"""Who gets a link and a slug, and who does not."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agentgather.tunnel.dial import DialFailed, NoLink, broker_address, dial
from agentgather.wire.codec import Decoder, encode
from agentgather.wire.frames import Bye, Challenge, Hello, Proof, Refused, Registered
from agentgather.wire.link import HostEnd
from agentgather.wire.proof import transcript
from agentgather_broker.keys import KeyList, ListedKey
from agentgather_broker.leases import StateDamaged
from agentgather_broker.shape import RelayLimits
from tests.broker.brokers import HandHost, RunningBroker, hand_host, honest_host, keep_running, quick_settings


def made() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def said(host: HandHost) -> str:
    """The code of the refusal that `host` got."""
    assert isinstance(host.registered, Refused), host.registered
    return host.registered.code


async def test_a_route_has_the_contracts_seven_keys_and_the_limits_in_force(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "lab") as host:
        registered = host.registered
        assert isinstance(registered, Registered)
        assert set(registered.route) == {
            "route_slug",
            "route_id",
            "host_connection_id",
            "created_at",
            "last_seen_at",
            "expires_at",
            "status",
        }
        assert (registered.route["route_slug"], registered.route["status"]) == ("lab", "active")
        assert registered.route["route_id"].startswith("rte_")
        assert registered.route["host_connection_id"].startswith("conn_")
        assert registered.public_url == broker.url + "/lab"
        assert registered.heartbeat_seconds == 5
        assert registered.limits["waits"] == 32


@pytest.mark.parametrize("slug", ["", "Lab", "a b", "ä", "a/b", "_host", "healthz", "forum", "admin", "a" * 65, "a.b"])
async def test_a_name_that_no_room_may_have_is_refused(slug: str, broker: RunningBroker) -> None:
    async with hand_host(broker.url, slug) as host:
        assert said(host) == "invalid_registration"


async def test_a_slug_stays_with_its_key_while_its_host_is_away(broker: RunningBroker) -> None:
    owner, stranger = made(), made()
    async with honest_host(broker.url, "lab", key=owner), hand_host(broker.url, "lab", key=stranger) as host:
        assert said(host) == "route_slug_taken"
    async with hand_host(broker.url, "lab", key=stranger) as host:
        assert said(host) == "route_slug_taken"
    async with hand_host(broker.url, "lab", key=owner) as host:
        host.end.bye("route_closed", "over")
        await host.flush()
        assert await host.is_dropped()
    async with hand_host(broker.url, "lab", key=stranger) as host:
        assert said(host) == "route_slug_taken"
    async with hand_host(broker.url, "lab", key=owner) as host:
        assert isinstance(host.registered, Registered)


async def test_a_restart_opens_no_window_for_a_stranger(nursery: trio.Nursery, tmp_path: Path) -> None:
    settings = quick_settings(state_file=str(tmp_path / "leases.json"))
    owner = made()
    broker = await nursery.start(keep_running, settings)
    async with honest_host(broker.url, "lab", key=owner):
        pass
    await broker.stop()
    assert (tmp_path / "leases.json").stat().st_mode & 0o777 == 0o600
    broker = await nursery.start(keep_running, settings)
    async with hand_host(broker.url, "lab", key=made()) as host:
        assert said(host) == "route_slug_taken"
    async with honest_host(broker.url, "lab", key=owner):
        assert (await broker.ask("GET", "/lab/x")).text == "/x"
    await broker.stop()


async def test_a_visitor_waits_over_a_restart_for_the_host_that_will_come(
    nursery: trio.Nursery, tmp_path: Path
) -> None:
    settings = quick_settings(state_file=str(tmp_path / "leases.json"), relay=RelayLimits(park_seconds=10))
    owner = made()
    broker = await nursery.start(keep_running, settings)
    async with honest_host(broker.url, "lab", key=owner):
        pass
    await broker.stop()
    broker = await nursery.start(keep_running, settings)
    async with trio.open_nursery() as visiting:

        async def visit() -> None:
            assert (await broker.ask("GET", "/lab/x")).text == "/x"
            visiting.cancel_scope.cancel()

        visiting.start_soon(visit)
        while b"parked_requests 1.0" not in broker.broker.desk.metrics():
            await trio.sleep(0.005)
        async with honest_host(broker.url, "lab", key=owner):
            await trio.sleep_forever()
    await broker.stop()


async def test_a_broker_does_not_start_over_a_state_that_it_cannot_trust(nursery: trio.Nursery, tmp_path: Path) -> None:
    (tmp_path / "leases.json").write_text('{"version":1,"leases":[{"slug":')
    with pytest.raises(ExceptionGroup) as raised:
        async with trio.open_nursery() as starting:
            await starting.start(keep_running, quick_settings(state_file=str(tmp_path / "leases.json")))
    assert raised.group_contains(StateDamaged)


async def test_only_listed_keys_come_where_keys_are_listed(nursery: trio.Nursery, tmp_path: Path) -> None:
    listed, other = made(), made()
    keys = KeyList(tmp_path / "keys")
    keys.load()
    keys.add(ListedKey(listed.public_key().public_bytes_raw(), "ops"))
    broker = await nursery.start(keep_running, quick_settings(registration="keys", keys_file=str(tmp_path / "keys")))
    async with hand_host(broker.url, "lab", key=other) as host:
        assert said(host) == "key_not_admitted"
        assert isinstance(host.registered, Refused)
        assert "SHA256:" in host.registered.message
    async with hand_host(broker.url, "lab", key=listed) as host:
        assert isinstance(host.registered, Registered)
        (fingerprint,) = [one.fingerprint for one in keys]
        await broker.broker.desk.remove_key(fingerprint)
        assert await host.is_dropped()
    async with hand_host(broker.url, "lab", key=listed) as host:
        assert said(host) == "key_not_admitted"
    await broker.stop()


async def test_nobody_new_comes_where_registration_is_closed(nursery: trio.Nursery) -> None:
    broker = await nursery.start(keep_running, quick_settings(registration="closed"))
    async with hand_host(broker.url, "lab") as host:
        assert said(host) == "registration_closed"
    await broker.stop()


async def test_a_proof_is_good_for_one_broker_one_slug_and_one_link(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "lab", origin="https://other.example") as host:
        assert said(host) == "proof_failed"
    own = broker_address(broker.url).origin
    for slug, nonce in (("other", None), ("lab", b"n" * 32)):
        key = made()
        public = key.public_key().public_bytes_raw()
        async with dial(broker.url) as socket:
            end = HostEnd()
            end.hello(Hello(1, "lab", public, "by hand"))
            host = HandHost(socket, end, Refused("x", "x"), key)
            await host.flush()
            challenge = await host.next(Challenge)
            end.prove(key.sign(transcript(own, slug, nonce or challenge.nonce, public)))
            await host.flush()
            assert (await host.next(Refused)).code == "proof_failed"


async def test_a_broker_dialled_under_another_name_says_which_is_its_own(nursery: trio.Nursery) -> None:
    broker = await nursery.start(keep_running, quick_settings(public_url="http://rooms.example:8799"))
    port = broker.broker.port
    async with hand_host(f"http://127.0.0.1:{port}", "lab") as host:
        assert said(host) == "origin_mismatch"
        assert isinstance(host.registered, Refused)
        assert "http://rooms.example:8799" in host.registered.message
    await broker.stop()


async def test_frames_out_of_turn_end_the_handshake(broker: RunningBroker) -> None:
    hello = encode(Hello(1, "lab", b"k" * 32, "by hand"))
    for content in (encode(Proof(b"s" * 64)), hello * 2, b"\x00" * 64, hello + encode(Proof(b"s" * 64))):
        async with dial(broker.url) as socket:
            await socket.send(content)
            heard = b""
            while piece := await socket.receive():
                heard += piece
            assert isinstance(Decoder().receive(heard)[-1], Bye)
    assert not broker.broker.desk.routes()


async def test_who_says_nothing_is_let_go(nursery: trio.Nursery) -> None:
    broker = await nursery.start(keep_running, quick_settings(relay=RelayLimits(handshake_seconds=0.2)))
    async with dial(broker.url) as socket:
        while await socket.receive():
            pass
    await broker.stop()


async def test_strangers_may_dial_so_often_and_owners_as_they_need_to(nursery: trio.Nursery) -> None:
    relay = RelayLimits(link_attempts_per_minute=3)
    broker = await nursery.start(keep_running, quick_settings(registration="open", relay=relay))
    owner = made()
    for _ in range(8):
        async with hand_host(broker.url, "lab", key=owner) as host:
            assert isinstance(host.registered, Registered)
    for number in range(2):
        async with hand_host(broker.url, f"new-{number}"):
            pass
    with pytest.raises(NoLink) as refused:
        async with hand_host(broker.url, "new-9"):
            pass
    assert (refused.value.status, refused.value.code) == (429, "link_limit")
    assert refused.value.retry_after_seconds is not None
    await broker.stop()


async def test_a_key_holds_so_many_links(nursery: trio.Nursery) -> None:
    broker = await nursery.start(
        keep_running, quick_settings(relay=RelayLimits(links_per_key_max=2, link_attempts_per_minute=100))
    )
    key = made()
    async with (
        hand_host(broker.url, "a", key=key),
        hand_host(broker.url, "b", key=key),
        hand_host(broker.url, "c", key=key) as host,
    ):
        assert said(host) == "link_limit"
    await broker.stop()


async def test_a_link_is_a_websocket_of_its_own_protocol(broker: RunningBroker) -> None:
    answer = await broker.ask("GET", "/_host/link")
    assert (answer.status_code, answer.json()["error"]) == (426, "unsupported_route")
    assert answer.headers["upgrade"] == "websocket"
    with pytest.raises((NoLink, DialFailed)):
        async with dial(broker.url + "/elsewhere"):
            pass
    handshake = {
        "upgrade": "websocket",
        "connection": "upgrade",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    for path in ("/_host/link", "/lab/events"):
        answer = await broker.ask("GET", path, headers=handshake)
        assert (answer.status_code, answer.json()["error"]) == (404, "unsupported_route")


async def test_a_lease_that_cannot_be_kept_is_not_given(nursery: trio.Nursery, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    broker = await nursery.start(keep_running, quick_settings(state_file=str(folder / "leases.json")))
    (folder / "leases.json").unlink()
    folder.rmdir()
    async with hand_host(broker.url, "lab") as host:
        assert said(host) == "storage_unavailable"
    assert not broker.broker.desk.routes()
    folder.mkdir()
    async with hand_host(broker.url, "lab", key=host.key) as host:
        assert isinstance(host.registered, Registered)
    assert json.loads((folder / "leases.json").read_text())["leases"][0]["slug"] == "lab"
    await broker.stop()


async def test_an_operator_ends_and_blocks_a_route(broker: RunningBroker) -> None:
    async with hand_host(broker.url, "lab") as host:
        await broker.broker.desk.close("lab")
        assert (await host.next(Bye)).reason == "route_closed"
    assert (await broker.ask("GET", "/lab/x")).status_code == 410
    async with hand_host(broker.url, "lab", key=host.key) as host:
        assert isinstance(host.registered, Registered)
        await broker.broker.desk.block("lab", seconds=60)
        assert await host.is_dropped()
    async with hand_host(broker.url, "lab", key=host.key) as host:
        assert said(host) == "route_blocked"
    answer: httpx.Response = await broker.ask("GET", "/lab/x")
    assert (answer.status_code, answer.json()["error"]) == (403, "route_blocked")
