from __future__ import annotations

from agentgather.http.address import Address
from agentgather.room.names import RoomId, room_id

LAB, DESK = room_id("lab"), room_id("desk")
LOCAL = "http://127.0.0.1:8787"
PROXY = "https://proxy.example"
BROKER = "https://rooms.example/lab"


def test_a_room_nobody_publishes_is_handed_out_where_it_is_served() -> None:
    address = Address(LOCAL)
    assert (address.of(LAB), address.public_of(LAB)) == (LOCAL, None)
    assert (Address(LOCAL, is_mounted=True).of(LAB)) == f"{LOCAL}/lab"


def test_a_live_link_comes_before_what_the_host_said_and_leaves_it_when_it_breaks() -> None:
    address = Address(LOCAL, PROXY)
    assert address.of(LAB) == PROXY
    address.tunnel_url = BROKER
    assert (address.of(LAB), address.public_of(LAB)) == (BROKER, BROKER)
    assert (address.lasting_of(LAB), address.lasting_public_of(LAB)) == (PROXY, PROXY)
    address.tunnel_url = None
    assert address.of(LAB) == PROXY


def test_rooms_below_one_tunnel_are_each_below_their_name() -> None:
    address = Address(LOCAL, is_mounted=True, tunnel_url="https://rooms.example/house")
    assert address.of(DESK) == "https://rooms.example/house/desk"
    assert address.lasting_of(DESK) == f"{LOCAL}/desk"


def test_a_tunnel_beside_publishes_its_own_room_and_no_other() -> None:
    def beside(room: RoomId) -> str | None:
        return BROKER if room == LAB else None

    address = Address(LOCAL, is_mounted=True, beside=beside)
    assert (address.of(LAB), address.of(DESK)) == (BROKER, f"{LOCAL}/desk")
