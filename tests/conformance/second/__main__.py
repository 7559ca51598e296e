"""`python -m tests.conformance.second`: serves until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import click

from tests.conformance.second import target
from tests.conformance.second.credentials import Credentials
from tests.conformance.second.engine import Engine
from tests.conformance.second.gate import Gate
from tests.conformance.second.ingest import Ingest
from tests.conformance.second.wire import Door, Server
from tests.conformance.second.world import World


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--write-target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seconds", type=click.Choice(["whole", "fractional"]), default="whole")
@click.option("--ids", type=click.Choice(["uuid", "short"]), default="uuid")
@click.option("--cluster", "clusters", multiple=True, default=["plane_dev_us_east_1", "C2"])
@click.option("--requests-per-minute", type=click.IntRange(1), help="No limit when not given.")
def main(
    port: int,
    write_target: Path | None,
    seconds: str,
    ids: str,
    clusters: tuple[str, ...],
    requests_per_minute: int | None,
) -> None:
    """Serve the second implementation on loopback, and print where."""
    world = World(seconds == "fractional", ids == "short", clusters, requests_per_minute)
    asyncio.run(_serve(world, port, write_target))


async def _serve(world: World, port: int, write_target: Path | None) -> None:
    credentials, engine = Credentials(), Engine(world)
    door = Door(Gate(world, engine, credentials), Ingest(world, engine))
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    server = Server(door)
    listening = await loop.create_server(server, "127.0.0.1", port, backlog=512)
    world.base_url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    roles = target.tenants(world)
    if write_target is not None:
        target.write(write_target, world, credentials, roles)
    click.echo(json.dumps({"base_url": world.base_url}))
    await stopped.wait()
    listening.close()
    server.pre_shutdown()
    await server.shutdown(0.1)
    await engine.close()


if __name__ == "__main__":
    main()
