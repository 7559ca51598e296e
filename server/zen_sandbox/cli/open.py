"""`zen-sandbox open`: the console of a running server, in a browser."""

import sys
import webbrowser
from pathlib import Path

import click

from zen_sandbox.cli.output import print_json, remark
from zen_sandbox.cli.running import connected, server_options


@click.command("open", short_help="Open the console in a browser.")
@click.option(
    "--browser/--no-browser",
    default=None,
    help="Open a browser, or only print the link; by default it opens one on a terminal.",
)
@server_options
def open_console(
    browser: bool | None,
    db: Path | None,
    url: str | None,
    admin_token: str | None,
    as_json: bool,
) -> None:
    """Print a link that signs in to a running server's console, once, and open it.

    \b
    Examples:
      zen-sandbox open
      zen-sandbox open --no-browser
    """
    with connected(db, url, admin_token) as server:
        link = server.console_link()
    if as_json:
        print_json({"console": link})
    else:
        click.echo(link)
    if browser is None:
        browser = sys.stdout.isatty() and not as_json
    if browser and not webbrowser.open(link):
        remark("No browser could be opened here; open the link in one.")
