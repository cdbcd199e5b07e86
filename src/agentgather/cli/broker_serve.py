"""`agentgather broker serve`: let rooms be reached from the web. The only command that runs the broker's own code."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import trio
from cyclopts import Group, Parameter

from agentgather.cli.admin_socket import default_socket
from agentgather.cli.broker_settings import ROWS, check_broker, config_file, registration_of, settle_broker
from agentgather.cli.failures import Failure
from agentgather.cli.host_flags import NO_FLAGS, HomeFlags
from agentgather.cli.output import Output, output_for
from agentgather.cli.service_manager import reread_on_hangup, say_ready
from agentgather.cli.setting_flags import SettingFlags, flags_of
from agentgather.client.errors import sole
from agentgather.interpreter import settle_interpreter
from agentgather.logs import start_logging
from agentgather.serving.server import AddressUnusable, PortBusy
from agentgather.signals import stop_on_signal

if TYPE_CHECKING:
    from agentgather_broker.keep import Broker
    from agentgather_broker.shape import BrokerSettings

_GROUPS = {
    "": Group(
        "Where and how it serves",
        help="Each of these, and of those below, can also be said by AGENTGATHER_BROKER_<NAME> or in the file of --config.",
        sort_key=50,
    ),
    "routes": Group("What a route may ask for", sort_key=51),
    "relay": Group("What a host's link may cost", sort_key=52),
}

if TYPE_CHECKING:

    class BrokerFlags(SettingFlags):
        pass
else:
    BrokerFlags = flags_of("BrokerFlags", ROWS, groups=_GROUPS, module=__name__)

UNSET = BrokerFlags()


def serve(
    *,
    config: Annotated[str | None, Parameter(name="--config")] = None,
    settings: BrokerFlags = UNSET,
    flags: HomeFlags = NO_FLAGS,
) -> None:
    """Relay visitors to the rooms whose hosts dialled in, until Ctrl-C or SIGTERM. Nothing of what passes is stored.

    A line of JSON for each request goes to standard output, what happens to the broker itself to standard error.
    `agentgather config --broker` shows what holds and where it came from.

    Parameters
    ----------
    config
        A TOML file with a table [broker], whose keys are the options below with underscores. Or AGENTGATHER_BROKER_CONFIG.
    """
    output = output_for(is_json=flags.json)
    configured = settle_broker(flags=settings.given(), environ=os.environ, path=config_file(config))
    check_broker(configured.settings)
    held = replace(
        configured.settings,
        registration=registration_of(configured.settings),
        admin_socket=configured.settings.admin_socket or str(default_socket(os.environ, home=flags.open_home().root)),
    )
    start_logging(form=held.log_format, level=held.log_level, packages=("agentgather", "agentgather_broker"))
    try:
        trio.run(_serve, held, output)
    except BaseException as raised:  # noqa: BLE001 - goes on as it is, out of the nurseries' wrapping
        error = sole(raised)
        raise (_explained(error) or error) from None


async def _serve(settings: BrokerSettings, output: Output) -> None:
    from agentgather.tunnel.terminal import has_terminal
    from agentgather_broker.keep import keep_broker
    from agentgather_broker.keys import KeysDamaged

    def write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    async def keep(*, task_status: trio.TaskStatus[Broker]) -> None:
        await keep_broker(settings, access_lines=write, task_status=task_status)
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        broker: Broker = await nursery.start(keep)
        await nursery.start(stop_on_signal, broker)
        settle_interpreter()
        if not has_terminal():  # where one is, SIGHUP says that it was closed
            reread = partial(reread_on_hangup, broker.desk.reload_keys, faults=(KeysDamaged, OSError))
            await nursery.start(reread)
        say_ready()
        output.answer(
            {
                "ok": True,
                "url": broker.url,
                "public_url": settings.public_url,
                "registration": settings.registration,
                "admin_socket": settings.admin_socket,
            },
            f"broker at {broker.url}",
            f"  visitors and hosts reach it at {settings.public_url or broker.url}",
            f"  registration: {settings.registration}; admin socket: {settings.admin_socket}",
        )
        await broker.stopped()
        if not output.is_json:
            output.line("stopping: what is being answered is finished first")
            output.flush()


def _explained(error: BaseException) -> Failure | None:
    """What of the broker's own errors its operator can do something about."""
    from agentgather_broker.keys import KeysDamaged
    from agentgather_broker.leases import StateDamaged
    from agentgather_broker.private_socket import SocketBusy, SocketUnusable

    takeover = "or take over from a running broker with --takeover"
    if isinstance(error, PortBusy):
        hint = f"stop that program, choose another with --port, {takeover}"
        return Failure("port_busy", str(error), field="port", hint=hint)
    if isinstance(error, SocketBusy):
        hint = f"stop that broker, choose another socket with --admin-socket, {takeover}"
        return Failure("port_busy", str(error), field="admin_socket", hint=hint)
    if isinstance(error, AddressUnusable):
        return Failure("address_unusable", str(error), field="host", hint="see --host and --port")
    if isinstance(error, SocketUnusable):
        return Failure("address_unusable", str(error), field="admin_socket", hint="see --admin-socket")
    if isinstance(error, KeysDamaged | StateDamaged):
        hint = "mend the file, or move it away; the broker guesses at nothing"
        return Failure("damaged", str(error), hint=hint)
    return None
