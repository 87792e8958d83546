"""`zl show`: the newest forecast and its record, or a past one and what came of it, as plain data, printed as
tables or JSON."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from zl.drivers import horizon_drivers, print_drivers
from zl.record import fresh_words, has_verdict, horizon_record, record_table
from zl.served import Served, ServedError
from zl.terminal import narrow_table

STALE_AFTER_DAYS = 4  # the longest ordinary gap between two sessions: a weekend with a holiday

PAST_ROWS = (
    "Past rows are recomputed by each run from what was knowable at their closes; they are not a log of "
    "printed forecasts."
)

HEAD_QUERY = """
select distinct as_of_date, data_origin, data_through_date, carried_buckets, oldest_input_days, run_id
from forecasts.zl_predictions
where as_of_date = coalesce(?, (select max(as_of_date) from forecasts.zl_predictions))
"""

FORECAST_QUERY = """
select
    horizon, horizon_sessions, target_date, close_cents_per_lb,
    p10_cents_per_lb, p50_cents_per_lb, p90_cents_per_lb,
    columns('^c?var_(95|99)_(holder|buyer)_(cents_per_lb|usd_per_contract|se_cents_per_lb)$')
from forecasts.zl_predictions
where as_of_date = ?
order by horizon_sessions
"""

OUTCOME_QUERY = """
select
    horizon, actual_cents_per_lb, actual_cents_per_lb - close_cents_per_lb as change_cents_per_lb,
    actual_cents_per_lb between p10_cents_per_lb and p90_cents_per_lb as is_inside_band
from forecasts.zl_predictions
where as_of_date = ?
order by horizon_sessions
"""

SESSION_QUERY = """
select
    coalesce(bool_or(as_of_date = $day), false) as is_served, min(as_of_date) as first_date,
    max(as_of_date) as last_date, max(as_of_date) filter (as_of_date < $day) as date_before
from forecasts.zl_predictions
"""


def latest_forecast(served: Served, today: dt.date) -> dict[str, Any]:
    """Everything `zl show` tells, as plain data (dates are `date`, missing numbers None).

    Parameters
    ----------
    served
        Open served tables.
    today
        The day the age of the data is counted to.

    Returns
    -------
    dict with `run` (one row of ops.training_runs, what it is from and the checkpoint of `chronos_bolt`),
    `forecasts` (one per horizon; cents/lb and USD per contract), `record` (one per horizon: losses x 100,
    skill in % against each benchmark on the same rows with its HAC t, coverage with its band of two standard
    errors), `drivers` (one `zl.drivers.horizon_drivers` per horizon).

    Raises
    ------
    ServedError
        Nothing served, or tables of another version.
    """
    head = forecast_head(served)
    head["age_days"] = (today - head["data_through_date"]).days
    (chronos,) = served.rows("select max(checkpoint) as checkpoint from training.chronos_baseline")
    head["chronos_checkpoint"] = chronos["checkpoint"]
    forecasts = served.rows(FORECAST_QUERY, [head["as_of_date"]])
    record = [horizon_record(served, row["horizon"], row["horizon_sessions"]) for row in forecasts]
    return {
        "run": head,
        "forecasts": forecasts,
        "record": [row for row in record if row["n"]],
        "drivers": [horizon_drivers(served, row["horizon"], row["close_cents_per_lb"]) for row in forecasts],
        "notice": served.notice,
    }


def past_forecast(served: Served, as_of: dt.date) -> dict[str, Any]:
    """The served forecast of one session and what came of it, as plain data.

    Parameters
    ----------
    served
        Open served tables.
    as_of
        A served session; `session_trouble` says whether it is one.

    Returns
    -------
    dict with `run`, `forecasts` (as in `latest_forecast`, each with `actual_cents_per_lb`, the close of that
    day carried to the target, `change_cents_per_lb` and `is_inside_band`; None before the outcome is known)
    and `past_rows`, what such rows are.

    Raises
    ------
    ServedError
        Nothing served, or tables of another version.
    """
    forecasts = served.rows(FORECAST_QUERY, [as_of])
    outcomes = served.rows(OUTCOME_QUERY, [as_of])
    return {
        "run": forecast_head(served, as_of),
        "forecasts": [row | outcome for row, outcome in zip(forecasts, outcomes, strict=True)],
        "past_rows": PAST_ROWS,
        "notice": served.notice,
    }


def forecast_head(served: Served, as_of: dt.date | None = None) -> dict[str, Any]:
    """The run and what the forecast of `as_of` (default: the newest) is from."""
    rows = served.rows(HEAD_QUERY, [as_of])
    if not rows:
        raise ServedError(f"No forecasts yet: forecasts.zl_predictions in {served.path} is empty.")
    run = served.rows("select * from ops.training_runs limit 1")
    head = (run[0] if run else {}) | rows[0]
    (silent,) = served.rows(
        "select string_agg(bucket, ',' order by bucket) as buckets from features.bucket_scores "
        "where as_of_date = ? and coverage_frac = 0",
        [head["as_of_date"]],
    )
    return head | {"buckets_without_data": silent["buckets"] or ""}


def session_trouble(served: Served, as_of: dt.date) -> str:
    """Why there is no served forecast of `as_of`, in a line; empty when there is one."""
    (found,) = served.rows(SESSION_QUERY, {"day": as_of})
    if found["is_served"]:
        return ""
    before = f"; the session before it is {found['date_before']}" if found["date_before"] else ""
    return f"no forecast of {as_of} is served{before}. Served: {found['first_date']} to {found['last_date']}."


def print_forecast(summary: dict[str, Any], console: Console) -> None:
    """Print `latest_forecast`'s answer as tables."""
    run = summary["run"]
    print_quantiles(summary, f"{run['data_origin']}, {data_age(run)}", console)
    console.print()
    if summary["record"]:
        console.print(record_table(summary["record"]))
        console.print(
            "Loss: mean pinball of the log return; percent: loss saved on the same sessions. better, worse: "
            "by two standard errors or more; unclear: not enough evidence. off: outside two standard errors "
            "of 80 %." + (f" {fresh_words(summary['record'])}" if has_verdict(summary["record"]) else ""),
            style="dim",
        )
    console.print()
    print_drivers(summary["drivers"], console)
    console.print(run_words(run), style="dim")
    if run["chronos_checkpoint"]:
        console.print(f"chronos_bolt is {run['chronos_checkpoint']}.", style="dim")


def print_past_forecast(summary: dict[str, Any], console: Console) -> None:
    """Print `past_forecast`'s answer as tables."""
    run = summary["run"]
    print_quantiles(summary, f"{run['data_origin']}. {summary['past_rows']}", console)
    console.print()
    console.print(outcome_table(summary["forecasts"]))
    console.print(run_words(run), style="dim")


def print_quantiles(summary: dict[str, Any], data: str, console: Console) -> None:
    """What both forecasts begin with: whose data, the close, quantiles and risk."""
    run, forecasts = summary["run"], summary["forecasts"]
    if summary["notice"]:
        console.print(summary["notice"], style="yellow")
    if run["data_origin"] == "sample":
        console.print("SAMPLE DATA: simulated, not market prices; no view on soybean oil.", style="bold red")
    console.print(
        f"[bold]Soybean oil (CBOT ZL)[/bold], close of {run['as_of_date']}: "
        f"[bold]{forecasts[0]['close_cents_per_lb']:.2f}[/bold] cents/lb. Data: {data}"
    )
    if carried_words(run):
        console.print(carried_words(run), style="yellow")
    console.print()
    console.print(forecast_table(forecasts))
    error = "The standard errors of VaR and CVaR (--json) are the simulation's only, not the model's."
    console.print(f"{median_words(forecasts)} {error}".lstrip(), style="dim")


def median_words(forecasts: Sequence[dict[str, Any]]) -> str:
    """At which horizons the median is the last close as printed, in a sentence; empty where at none."""
    unmoved = [
        row["horizon"]
        for row in forecasts
        if f"{row['p50_cents_per_lb']:.2f}" == f"{row['close_cents_per_lb']:.2f}"
    ]
    if not unmoved:
        return ""
    return (
        f"The median is the last close at {', '.join(unmoved)}: it stays there unless a learner moves it, "
        "and the product is the band."
    )


def run_words(run: dict[str, Any]) -> str:
    """Which run, with what effort."""
    return f"Run {run['run_id']}" + (f", effort {run['effort']}" if run.get("effort") else "") + "."


def data_age(run: dict[str, Any], names_today: bool = False) -> str:
    """How old the newest session in the data is, in words; on which day, for what is read later."""
    through, age = run["data_through_date"], run["age_days"]
    if run["data_origin"] != "sample" and age < -1:  # a day is left to other time zones
        return f"through {through}, {-age:,} days AHEAD of today: see what was delivered."
    words = f"through {through}, {age:,} day{'' if age == 1 else 's'} old"
    if names_today:
        words += f" on {through + dt.timedelta(days=age)}"
    if run["data_origin"] == "sample" or age <= STALE_AFTER_DAYS:
        return f"{words}."
    return f"{words}: STALE, land newer files and build again."


def carried_words(run: dict[str, Any]) -> str:
    """Which buckets stand on values older than their source's limit, and which on none, in sentences; empty
    when none does."""
    words = []
    if run["carried_buckets"]:
        names = run["carried_buckets"].replace(",", ", ")
        words.append(
            f"Carried: {names} stand on values up to {run['oldest_input_days']} days old at that close, "
            "or do without one that old."
        )
    if run["buckets_without_data"]:
        names = run["buckets_without_data"].replace(",", ", ")
        words.append(f"Without data: nothing that {names} would read was known at that close.")
    return " ".join(words)


def forecast_table(forecasts: list[dict[str, Any]]) -> Table:
    """Quantiles in cents/lb, and VaR/CVaR 95 of both sides in cents/lb over USD per contract."""
    table = narrow_table("Forecast in cents/lb; below each risk, USD per contract (60,000 lb)")
    table.add_column("", no_wrap=True)
    table.add_column("target\ndate", no_wrap=True)
    for level in ("p10", "p50", "p90"):
        table.add_column(level, justify="right", no_wrap=True, style="bold" if level == "p50" else None)
    sides = ("holder", "buyer")
    for side in sides:
        for measure in ("VaR95", "CVaR95"):
            table.add_column(f"{side}\n{measure}", justify="right", no_wrap=True)
    for row in forecasts:
        risks = []
        for side in sides:
            for measure in ("var_95", "cvar_95"):
                cents, usd = (
                    row[f"{measure}_{side}_{unit}"] for unit in ("cents_per_lb", "usd_per_contract")
                )
                risks.append(f"{cents:.2f}\n[dim]{usd:,.0f}[/dim]")
        prices = [f"{row[f'{level}_cents_per_lb']:.2f}" for level in ("p10", "p50", "p90")]
        table.add_row(row["horizon"], str(row["target_date"]), *prices, *risks)
    return table


def outcome_table(forecasts: list[dict[str, Any]]) -> Table:
    """What came of each horizon: the close carried to the target, its change, and where in the band."""
    table = narrow_table("What came, in cents/lb: the contract of that close, carried to the target")
    table.add_column("", no_wrap=True)
    table.add_column("target\ndate", no_wrap=True)
    for header in ("came", "change", "p10..p90"):
        table.add_column(header, justify="right", no_wrap=True)
    for row in forecasts:
        actual = row["actual_cents_per_lb"]
        if actual is None:
            cells = ("not known", "", "")
        elif row["is_inside_band"]:
            cells = (f"{actual:.2f}", f"{row['change_cents_per_lb']:+.2f}", "inside")
        else:
            side = "below" if actual < row["p10_cents_per_lb"] else "above"
            cells = (f"{actual:.2f}", f"{row['change_cents_per_lb']:+.2f}", f"[yellow]{side}[/yellow]")
        table.add_row(row["horizon"], str(row["target_date"]), *cells)
    return table
