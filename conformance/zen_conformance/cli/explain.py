"""`zen-conformance explain`: one requirement, where it comes from, and what checks it."""

import click

_CONTRACT_LINES = 60


@click.command(short_help="Show one requirement, the contract's words and its checks.")
@click.argument("requirement_id", metavar="ID")
def explain(requirement_id: str) -> None:
    """Print what a requirement asks, where the contract says it, and the checks that look."""
    from zen_conformance import requirements
    from zen_conformance.bindings import checks_of
    from zen_conformance.selection import UnknownRequirement
    from zen_conformance.wording import contract_text

    one = requirements.load().get(requirement_id.upper())
    if one is None:
        raise UnknownRequirement(
            f"There is no requirement {requirement_id!r}; see `zen-conformance list`."
        )
    click.echo(f"{click.style(one.id, bold=True)}  {one.level}  {one.title}\n")
    click.echo(f"Area      {one.area}, {requirements.load().areas[one.area]}")
    click.echo(f"Contract  {one.contract}")
    click.echo(f"Source    {one.source}")
    click.echo(f"Page      requirements.html#{one.id} of the documentation (`zen-contract docs`)")
    click.echo(f"Needs     {', '.join(one.needs) or 'nothing beyond the target file'}")
    click.echo(f"Budget    {one.budget}")
    if one.untestable is not None:
        click.echo(f"Checks    none: {one.untestable}")
    else:
        click.echo("Checks    " + "\n          ".join(checks_of(one.id) or ["none yet"]))
    lines = contract_text(one.contract).splitlines()
    click.echo("\n" + "\n".join(f"  | {line}".rstrip() for line in lines[:_CONTRACT_LINES]))
    if len(lines) > _CONTRACT_LINES:
        click.echo(f"  | … and {len(lines) - _CONTRACT_LINES} more lines")
