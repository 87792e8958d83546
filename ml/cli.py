"""`zl`, the project's command line: show, report, replay, sample.

Nothing heavy is imported here (no torch, no AutoGluon); the drawing library only by `zl report`. What goes wrong is said
in one line on stderr with exit code 1, never as a traceback.
"""

import datetime as dt
import json
import os
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Any

import click
import typer
from rich.console import Console
from typer.core import TyperGroup

from ml.served import ServedError, open_served


class OneLineErrors(TyperGroup):
    """Turns the project's own errors into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a `ServedError` and the like become `Error: ...` on stderr."""
        try:
            return super().invoke(ctx)
        except (ServedError, OSError, ValueError) as error:
            typer.echo(f"Error: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Soybean-oil (CBOT ZL) forecasts: quantiles, risk for holder and buyer, and how earlier forecasts did.",
)

Database = Annotated[
    Path, typer.Option("--db", envvar="ZL_DB", help="The served DuckDB file.", show_default=True, dir_okay=False)
]
DEFAULT_DATABASE = Path("zl.duckdb")


def print_version(wanted: bool) -> None:
    """Print the version and stop, if wanted."""
    if wanted:
        typer.echo(f"zl {installed_version('zl')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Soybean-oil (CBOT ZL) forecasts."""


@app.command()
def show(
    db: Database = DEFAULT_DATABASE,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")] = False,
    into: Annotated[
        Path | None, typer.Option("--into", hidden=True, help="Write the tables into this file's marked block.")
    ] = None,
) -> None:
    """Print the newest forecast, its risk, its record against the benchmarks and the age of its data."""
    from ml.show import latest_forecast, print_forecast

    with open_served(db) as served:
        summary = latest_forecast(served, dt.date.today())
    if as_json:
        typer.echo(json.dumps(summary, default=str, indent=2, allow_nan=False))
    elif into is not None:
        replace_block(into, summary)
    else:
        print_forecast(summary, Console(highlight=False))


def replace_block(file: Path, summary: dict[str, Any]) -> None:
    """Put the printed forecast between the markers `<!-- zl show -->` and `<!-- end of zl show -->` of `file`."""
    from ml.show import print_forecast

    console = Console(width=100, record=True, file=open(os.devnull, "w"), highlight=False)
    print_forecast(summary, console)
    lines = [line.rstrip() for line in console.export_text().strip().splitlines()]
    text = file.read_text()
    start, end = "<!-- zl show -->", "<!-- end of zl show -->"
    if text.count(start) != 1 or text.count(end) != 1:
        raise ValueError(f"{file} needs the lines {start} and {end}, once each.")
    before, after = text.split(start)[0], text.split(end)[1]
    file.write_text(f"{before}{start}\n```\n" + "\n".join(lines) + f"\n```\n{end}{after}")
