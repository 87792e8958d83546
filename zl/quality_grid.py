"""What `zl quality` prints: source x dimension as a grid, then every alarm with its value and offenders."""

from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from zl.quality import DELIVERED, DIMENSIONS, LAYERS, QualityReport

STYLES = {"error": "bold red", "warn": "yellow", "skipped": "dim", "pass": "green"}
OFFENDERS_SHOWN = 3
# Narrow enough for a terminal of 80 columns.
HEADINGS = {
    "accuracy": "accu-\nracy",
    "completeness": "complete-\nness",
    "consistency": "consis-\ntency",
    "timeliness": "time-\nliness",
    "validity": "validity",
    "uniqueness": "unique-\nness",
}
# Columns every check that measures has; the rest of an offender says which row it is.
COMMON = ("quality_group", "measured", "alarm_when", "warn_limit", "error_limit", "alarm", "n_cases")


def print_report(report: QualityReport, console: Console) -> None:
    """Print the grid, the alarms, what was not checked and what it took."""
    console.print(f"Data quality of {report.landing} at {report.checked_at} UTC", style="bold")
    console.print()
    console.print(grid(report))
    for row in report.alarms:
        console.print()
        print_alarm(row, console)
    console.print()
    for notice in report.notices:
        console.print(notice, style="yellow")
    console.print(summary_line(report))


def grid(report: QualityReport) -> Table:
    """One row per source, one column per dimension; a cell names what alarms, or how many checks passed."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True)
    table.add_column("", no_wrap=True)
    for dimension in DIMENSIONS:
        table.add_column(HEADINGS[dimension], no_wrap=True)
    for source in (*DELIVERED, *LAYERS):
        cells = [cell_words(report.counts(source, dimension)) for dimension in DIMENSIONS]
        if any(cell != "-" for cell in cells):
            table.add_row(source, *cells)
    return table


def cell_words(counts: dict[str, int]) -> str:
    """`9 pass`, or the alarms alone: `1 error, 2 warn`; `-` where nothing is checked."""
    shown = [status for status in ("error", "warn", "skipped") if counts.get(status)] or ["pass"]
    if not counts:
        return "-"
    return "\n".join(
        f"[{STYLES[status]}]{counts[status]} {status.removesuffix('ped')}[/]" for status in shown
    )


def print_alarm(row: dict[str, Any], console: Console) -> None:
    """One alarm: check, measured value and limit, what it says, the first offenders."""
    console.print(
        f"[{STYLES[row['status']]}]{row['status']}[/]  [bold]{escape(row['check_name'])}[/bold]  "
        f"({row['source']}, {row['dimension']}){measured_words(row)}"
    )
    console.print(f"    {row['description']}", style="dim", highlight=False, markup=False)
    for offender in row["offenders"][:OFFENDERS_SHOWN]:
        console.print(f"    {offender_words(offender)}", markup=False)
    left = (row["failing_rows"] or 0) - OFFENDERS_SHOWN
    if row["offenders"] and left > 0:
        console.print(f"    and {left:,} more", style="dim")


def measured_words(row: dict[str, Any]) -> str:
    """`: 4 rows` of a check that lists offenders, `: 0.86, limit 0.93` of one that measures."""
    if row["measured"] is None:
        return ""
    if row["limit_value"] == 0 and row["measured"] == row["failing_rows"]:
        return f": {row['failing_rows']:,} row{'' if row['failing_rows'] == 1 else 's'}"
    limit = "none" if row["limit_value"] is None else f"{row['limit_value']:.4g}"
    return f": {row['measured']:.4g}, limit {limit}"


def offender_words(offender: dict[str, Any] | str) -> str:
    """`series_id DGS10, newest_date 2024-06-01`; an error's own words as they are."""
    if not isinstance(offender, dict):
        return str(offender)
    own = {name: value for name, value in offender.items() if name not in COMMON and value is not None}
    if offender.get("measured") is not None:
        own["measured"] = offender["measured"]
    return ", ".join(
        f"{name} {f'{value:.6g}' if isinstance(value, float) else value}" for name, value in own.items()
    )


def summary_line(report: QualityReport) -> str:
    """How many checks ended how, seconds and memory."""
    total: dict[str, int] = {}
    for row in report.checks:
        total[row["status"]] = total.get(row["status"], 0) + 1
    words = ", ".join(f"{total[status]} {status}" for status in STYLES if total.get(status))
    return (
        f"{len(report.checks)} checks: {words}. {report.seconds:.0f} s, peak memory "
        f"{report.peak_memory_gib:.1f} GiB."
    )


def as_plain_data(report: QualityReport) -> dict[str, Any]:
    """The report for `--json`: the grid as source -> dimension -> status -> number, and every check."""
    return {
        "checked_at": report.checked_at,
        "landing": report.landing,
        "has_errors": report.has_errors,
        "grid": {
            source: {dimension: report.counts(source, dimension) for dimension in DIMENSIONS}
            for source in (*DELIVERED, *LAYERS)
        },
        "alarms": report.alarms,
        "checks": report.checks,
        "notices": report.notices,
        "seconds": round(report.seconds, 1),
        "peak_memory_gib": round(report.peak_memory_gib, 2),
    }
