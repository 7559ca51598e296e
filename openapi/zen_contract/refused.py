"""How the command `zen-contract` says no: one sentence, exit code 2."""

import click


class Refused(click.ClickException):
    """A wrong request or a missing tool: one sentence, exit 2."""

    exit_code = 2
