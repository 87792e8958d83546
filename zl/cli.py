"""`zl`, the project's command line: show, score, ablation, report, replay, sample, ingest, quality.

Nothing heavy is imported here (no torch, no AutoGluon); the drawing library only by `zl report`. What goes
wrong is said in one line on stderr with exit code 1, never as a traceback.
"""

import datetime as dt
import io
import json
import os
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from ingest.errors import IngestError
from zl.quality import QualityError, run_quality
from zl.replay import (
    PROJECT,
    ReplayError,
    Switches,
    build_replay,
    differences,
    reasons_to_differ,
    rows_of_day,
)
from zl.served import Served, ServedError, open_served, served_run
from zl.terminal import screen


class OneLineErrors(TyperGroup):
    """Turns the project's own errors into one line and an exit code."""

    def invoke(self, ctx: typer.Context) -> Any:
        """Run the command; an error meant for the person at the terminal becomes `Error: ...` on stderr."""
        try:
            return super().invoke(ctx)
        except (ServedError, ReplayError, IngestError, QualityError, OSError) as error:
            typer.echo(f"Error: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Soybean-oil (CBOT ZL) forecasts: quantiles, risk of holder and buyer, and how past forecasts did.",
)


class Effort(StrEnum):
    """How much is fitted (README, Switches)."""

    QUICK = "quick"
    STANDARD = "standard"
    FULL = "full"


Database = Annotated[
    Path,
    typer.Option(
        "--db",
        envvar="ZL_DB",
        help="The served DuckDB file.",
        show_default="zl.duckdb in the project's root",
        dir_okay=False,
    ),
]
DEFAULT_DATABASE = PROJECT / "zl.duckdb"


def day(text: str | dt.date) -> dt.date:
    """A date from `2023-05-05`."""
    try:
        return dt.date.fromisoformat(str(text))
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no date: write it as 2023-05-05.") from None


def new_file(text: str | Path) -> Path:
    """A file to write: in a folder that is there, and no folder itself."""
    if not str(text).strip():
        raise typer.BadParameter("the name is empty: give a file to write.")
    file = Path(text)
    if file.is_dir():
        raise typer.BadParameter(f"'{file}' is a folder: give a file to write.")
    if not file.parent.is_dir():
        raise typer.BadParameter(f"'{file}': the folder {file.parent} does not exist.")
    return file


def print_version(wanted: bool) -> None:
    """Print the version and stop, if wanted."""
    if wanted:
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
        typer.echo(f"zl {project['version']}")
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
    as_of: Annotated[
        dt.date | None,
        typer.Option(
            "--as-of", parser=day, metavar="DATE", help="A past session: its forecast, and what came."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")] = False,
    into: Annotated[
        Path | None,
        typer.Option("--into", hidden=True, help="Write the tables into this file's marked block."),
    ] = None,
) -> None:
    """Print the newest forecast, its risk, its record against the benchmarks and the age of its data."""
    from zl.show import latest_forecast, past_forecast, print_forecast, print_past_forecast

    with open_served(db) as served:
        if as_of is not None:
            refuse_unserved(served, as_of)
            summary = past_forecast(served, as_of)
        else:
            summary = latest_forecast(served, dt.date.today())
    if as_json:
        typer.echo(json.dumps(summary, default=str, indent=2, allow_nan=False))
    elif as_of is not None:
        print_past_forecast(summary, screen())
    elif into is not None:
        replace_block(into, summary)
    else:
        print_forecast(summary, screen())


def refuse_unserved(served: Served, as_of: dt.date) -> None:
    """A day without a served forecast is wrong use, like a date that is none."""
    from zl.show import session_trouble

    trouble = session_trouble(served, as_of)
    if trouble:
        raise typer.BadParameter(f"--as-of: {trouble}")


@app.command()
def score(
    db: Database = DEFAULT_DATABASE,
    horizon: Annotated[str | None, typer.Option("--horizon", help="1w, 1m, 3m or 6m; default: all.")] = None,
    models: Annotated[
        str | None, typer.Option("--models", metavar="A,B", help="Forecasters, by comma; default: all.")
    ] = None,
    since: Annotated[
        dt.date | None,
        typer.Option("--since", parser=day, metavar="DATE", help="First session that counts."),
    ] = None,
    until: Annotated[
        dt.date | None,
        typer.Option("--until", parser=day, metavar="DATE", help="Last session that counts."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")] = False,
) -> None:
    """Print how every forecaster did: losses, skill with its evidence, coverage, and tests of the risk."""
    from zl.score_tables import print_scores
    from zl.scorecard import scorecard

    if since and until and since > until:
        raise typer.BadParameter(f"--until {until} is before --since {since}.")
    names = [name.strip() for name in models.split(",")] if models else None
    with open_served(db) as served:
        card = scorecard(served, horizon, names, since, until)
    if as_json:
        typer.echo(json.dumps(card, default=str, indent=2, allow_nan=False))
    else:
        print_scores(card, screen())


@app.command()
def ablation(
    db: Database = DEFAULT_DATABASE,
    restack: Annotated[
        bool, typer.Option("--restack", help="Fit the stacker anew without each part: minutes, cached.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", parser=new_file, metavar="FILE", help="A Markdown file to write the table into."
        ),
    ] = None,
) -> None:
    """Print what each driver, main, Chronos, stacking, the ways to weigh and calibration add or cost."""
    from ml.fit_pool import FitError
    from ml.params import ParamsError
    from zl.ablation import ablation as weigh_parts
    from zl.ablation_tables import markdown, print_ablation

    with open_served(db) as served, Console(stderr=True).status("Reading what is served") as status:
        try:
            result = weigh_parts(served, restack, lambda part: status.update(f"Weighing {part}"))
        except (FitError, ParamsError) as error:
            raise ServedError(str(error)) from None
    print_ablation(result, screen())
    if out is not None:
        out.write_text(markdown(result), encoding="utf-8")
        typer.echo(f"Wrote {out}.")


@app.command()
def report(
    db: Database = DEFAULT_DATABASE,
    out: Annotated[
        Path, typer.Option("--out", parser=new_file, metavar="FILE", help="The HTML file to write.")
    ] = Path("zl_report.html"),
) -> None:
    """Write the forecast, its risk and its record as one HTML file with plots."""
    with open_served(db) as served:
        from zl.report import report as html_report

        page = html_report(served, dt.date.today())
    out.write_text(page, encoding="utf-8")
    typer.echo(f"Wrote {out} ({len(page.encode()) / 1e6:.1f} MB).")


@app.command()
def replay(
    as_of: Annotated[
        dt.date,
        typer.Option("--as-of", parser=day, metavar="DATE", help="Session whose close cuts knowledge."),
    ],
    db: Database = DEFAULT_DATABASE,
    landing: Annotated[
        Path | None, typer.Option("--landing", help="Landing folder; default: that of the served run.")
    ] = None,
    effort: Annotated[
        Effort | None,
        typer.Option("--effort", help="quick, standard or full; default: that of the served run."),
    ] = None,
) -> None:
    """Make the forecast of a past day again from what was knowable then, and compare it with what is served.

    It builds in a database of its own and never touches what is served. Exit code 1 when the two differ.
    """
    from zl.show import latest_forecast, print_forecast

    run = served_run(db)
    if not run and landing is None:
        raise ReplayError(f"Nothing is served in {db}, so it names no deliveries: give them with --landing.")
    switches = Switches(
        as_of=as_of,
        landing=str(landing.resolve()) if landing else run.get("landing", "landing/sample"),
        effort=effort.value if effort else run.get("effort", "quick"),
    )
    if run and (PROJECT / switches.landing).resolve() == (PROJECT / run["landing"]).resolve():
        with open_served(db) as served:
            refuse_unserved(served, as_of)
    result = build_replay(db, switches)
    with open_served(result) as replayed:
        summary = latest_forecast(replayed, as_of)
        replayed_rows = rows_of_day(replayed, as_of)
        replayed_run = replayed.rows("select * from ops.training_runs limit 1")[0]
    console = screen()
    print_forecast(summary, console)
    console.print()
    if not run:
        console.print(f"Nothing is served in {db}: there is nothing to compare with.")
        return
    with open_served(db) as served:
        served_rows = rows_of_day(served, as_of)
    if not served_rows:
        console.print(
            f"The served set in {db} holds no forecast of {as_of}: there is nothing to compare with."
        )
        return
    found = differences(replayed_rows, served_rows)
    if not found:
        console.print(
            f"Replay of {as_of}: equal to the served forecast, bit for bit ({len(replayed_rows)} rows)."
        )
        return
    for line in found[:20]:
        typer.echo(line)
    raise ReplayError(
        f"The replay of {as_of} differs from what is served in {len(found)} values."
        + reasons_to_differ(replayed_run, run)
    )


def instant(text: str | dt.datetime) -> dt.datetime:
    """An instant, UTC, from `2024-07-01` or `2024-07-01 06:00:00`."""
    try:
        parsed = dt.datetime.fromisoformat(str(text))
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no instant: write it as 2024-07-01 06:00:00 (UTC).") from None
    if parsed.tzinfo is not None:
        raise typer.BadParameter(f"'{text}' names a time zone: instants are UTC and name none.")
    return parsed


@app.command()
def quality(
    db: Database = DEFAULT_DATABASE,
    landing: Annotated[
        Path | None,
        typer.Option(
            "--landing",
            help="Folder of deliveries; default: that of the served run, or the bundled sample.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    clock: Annotated[
        dt.datetime | None,
        typer.Option(
            "--clock",
            parser=instant,
            metavar="INSTANT",
            help="What now means for freshness, UTC; default: now; of a sample, its last delivery.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as one JSON object.")] = False,
) -> None:
    """Check the deliveries in six dimensions, and what was built of them; exit code 1 on errors.

    It builds aside and leaves the served forecasts alone; its results are added to their quality log.
    """
    from zl.quality_grid import as_plain_data, print_report

    stderr = Console(stderr=True)
    with stderr.status("Checking deliveries") as status:
        result = run_quality(db, landing, clock, status.update)
    if as_json:
        typer.echo(json.dumps(as_plain_data(result), default=str, indent=2, allow_nan=False))
    else:
        print_report(result, screen())
    if result.has_errors:
        raise typer.Exit(1)


@app.command()
def sample(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help="An empty or new folder.",
            file_okay=False,
            show_default="landing/sample in the project's root",
        ),
    ] = PROJECT / "landing" / "sample",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed is another market.")] = 42,
    first: Annotated[
        dt.date, typer.Option("--first", parser=day, metavar="DATE", help="First day.")
    ] = dt.date(2016, 7, 1),
    last: Annotated[dt.date, typer.Option("--last", parser=day, metavar="DATE", help="Last day.")] = dt.date(
        2024, 6, 28
    ),
) -> None:
    """Write simulated deliveries for every table of the landing contract; same arguments, same bytes."""
    if last <= first:
        raise typer.BadParameter(f"--last {last} is not after --first {first}.")
    from sample.market import write_deliveries

    try:
        written = write_deliveries(out, seed, first, last)
    except ValueError as trouble:
        raise typer.BadParameter(f"--first {first}, --last {last}: {trouble}") from None
    typer.echo(f"Wrote {len(written)} files of simulated deliveries into {out}.")


@app.command()
def ingest(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Sources to fetch.", show_default=False)
    ] = None,
    all_sources: Annotated[bool, typer.Option("--all", help="Every source.")] = False,
    landing: Annotated[
        Path,
        typer.Option(
            "--landing",
            help="Where deliveries land.",
            file_okay=False,
            show_default="landing/live in the project's root",
        ),
    ] = PROJECT / "landing" / "live",
    since: Annotated[
        dt.date | None,
        typer.Option(
            "--since", parser=day, metavar="DATE", help="First date; default: behind what has landed."
        ),
    ] = None,
    until: Annotated[
        dt.date | None, typer.Option("--until", parser=day, metavar="DATE", help="Last date; default: today.")
    ] = None,
) -> None:
    """Fetch what publishers printed since the last time and land it; exit code 1 when a source failed."""
    from ingest.keys import environment
    from ingest.landed import Landed
    from ingest.lateness import Lateness
    from ingest.run import ingest as ingest_sources
    from ingest.show import print_outcomes, progress_of, terminal_or_log
    from ingest.sources import SOURCES

    # `usda` is every source of that publisher, `usda_wasde` one of them.
    known = list(dict.fromkeys(name for one in SOURCES.values() for name in (one.publisher, one.name)))
    unknown = [name for name in names or [] if name not in known]
    if unknown or bool(names) == all_sources:
        wrong = f"no source '{unknown[0]}'" if unknown else "name sources, or say --all, not both or neither"
        raise typer.BadParameter(f"{wrong}. There are: {', '.join(known)}.")
    chosen = [
        source
        for source in SOURCES.values()
        if all_sources or source.name in names or source.publisher in names
    ]
    if since and since > (until or dt.date.today()):
        raise typer.BadParameter(f"--until {until or 'today'} is before --since {since}.")
    landing.mkdir(parents=True, exist_ok=True)
    if not os.access(landing, os.R_OK | os.W_OK | os.X_OK):
        raise IngestError(f"{landing} cannot be read and written: nothing was asked for.")
    console = terminal_or_log()
    landed = Landed(landing)
    with progress_of(console) as on_step:
        outcomes = ingest_sources(
            chosen, landing, environment(PROJECT), since, until, landed, on_step=on_step
        )
    lateness = Lateness()
    late = {
        table: lateness.of(landed, table)
        for outcome in outcomes
        for table, newest in outcome.newest.items()
        if newest is not None
    }
    print_outcomes(outcomes, late, console)
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(1)


def replace_block(file: Path, summary: dict[str, Any]) -> None:
    """Put the printed forecast between `<!-- zl show -->` and `<!-- end of zl show -->` in `file`."""
    from zl.show import print_forecast

    console = Console(width=100, record=True, file=io.StringIO(), highlight=False)
    print_forecast(summary, console)
    lines = [line.rstrip() for line in console.export_text().strip().splitlines()]
    text = file.read_text()
    start, end = "<!-- zl show -->", "<!-- end of zl show -->"
    if text.count(start) != 1 or text.count(end) != 1:
        raise ServedError(f"{file} needs the lines {start} and {end}, once each.")
    before, after = text.split(start)[0], text.split(end)[1]
    file.write_text(f"{before}{start}\n```\n" + "\n".join(lines) + f"\n```\n{end}{after}")
