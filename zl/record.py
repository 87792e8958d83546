"""How past forecasts did, in short: loss, coverage and skill against the benchmarks, by horizon.

`zl score` (`zl.scorecard`) says the same with intervals and tests."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from ml.comparison import NOT_ENOUGH, loss_comparison, loss_gains, verdict
from ml.metrics import effective_sample_size, share_band, skill
from zl.served import Served
from zl.terminal import narrow_table

BENCHMARKS = ("ewma", "climatology", "volatility_pool")
NOMINAL_COVERAGE = 0.8
RECIPE_SETTLED_TO = dt.date(2024, 6, 28)
"""The last session that whoever settled the recipe had seen (docs/method.md, Known limits)."""

# The ensemble and each benchmark on the same rows, in the order of time.
LOSS_QUERY = """
select ensemble.pinball as loss, benchmark.pinball as benchmark_loss
from forecasts.forecast_scores as ensemble
inner join forecasts.forecast_scores as benchmark
    on ensemble.as_of_date = benchmark.as_of_date and ensemble.horizon = benchmark.horizon
where ensemble.horizon = ? and ensemble.model_name = 'ensemble' and benchmark.model_name = ?
order by ensemble.as_of_date
"""

COVERAGE_QUERY = """
select
    count(*) as n, count(*) filter (as_of_date > ?) as n_fresh,
    min(as_of_date) as first_date, max(as_of_date) as last_date,
    avg(pinball) as loss, avg(is_inside_band::int) as coverage,
    avg(is_below_p10::int) as below_p10, avg((error_log < 0)::int) as below_p50, avg((not is_above_p90)::int)
    as below_p90
from forecasts.forecast_scores
where horizon = ? and model_name = 'ensemble'
"""


def horizon_record(
    served: Served, horizon: str, horizon_sessions: int, benchmarks: Sequence[str] = BENCHMARKS
) -> dict[str, Any]:
    """How past forecasts of one horizon did: loss x 100, coverage, skill against benchmarks."""
    row = served.rows(COVERAGE_QUERY, [RECIPE_SETTLED_TO, horizon])[0]
    record = {
        "horizon": horizon,
        "n": row["n"],
        "n_fresh": row["n_fresh"],
        "n_effective": effective_sample_size(row["n"], horizon_sessions),
    }
    if not row["n"]:
        return record
    # Overlapping windows: only every h-th session is new evidence.
    band = share_band(NOMINAL_COVERAGE, record["n_effective"])
    record |= {
        "first_date": row["first_date"],
        "last_date": row["last_date"],
        "loss": 100 * row["loss"],
        "coverage": row["coverage"],
        "below_p10": row["below_p10"],
        "below_p50": row["below_p50"],
        "below_p90": row["below_p90"],
        "coverage_low": band.low,
        "coverage_high": band.high,
        "benchmarks": {},
    }
    for name in benchmarks:
        pairs = served.rows(LOSS_QUERY, [horizon, name])
        if pairs:
            record["benchmarks"][name] = compare(
                [pair["loss"] for pair in pairs], [pair["benchmark_loss"] for pair in pairs], horizon_sessions
            )
    return record


def compare(losses: list[float], benchmark_losses: list[float], horizon_sessions: int) -> dict[str, Any]:
    """Skill of `losses` against `benchmark_losses` (same rows, in time order) and whether the difference is
    clear.

    Skill is 100 (1 - loss / benchmark loss), positive when the forecast lost less. The t value is that of the
    mean loss difference with a HAC variance (`ml.comparison.loss_comparison`), since neighbouring rows share
    most of their outcome.

    Returns
    -------
    dict with `loss` (of the benchmark, x 100), `skill_pct`, `t` (None when the two never differ) and
    `verdict`: better, worse, equal or `not enough evidence`.
    """
    mean_loss, mean_benchmark = sum(losses) / len(losses), sum(benchmark_losses) / len(losses)
    t, word = None, NOT_ENOUGH
    if not loss_gains(losses, benchmark_losses).any():
        word = "equal"
    elif len(losses) > horizon_sessions:
        found = loss_comparison(losses, benchmark_losses, horizon_sessions)
        t, word = found.t, verdict(found)
    return {
        "loss": 100 * mean_benchmark,
        "skill_pct": 100 * skill(mean_loss, mean_benchmark),
        "t": t,
        "verdict": word,
        "n": len(losses),
    }


def has_verdict(record: list[dict[str, Any]]) -> bool:
    """Whether any comparison of the record is called better or worse."""
    return any(
        found["verdict"] in ("better", "worse") for row in record for found in row["benchmarks"].values()
    )


def fresh_words(record: list[dict[str, Any]]) -> str:
    """Which rows test the recipe anew and how many there are: `record` has a `horizon` and `n_fresh` a row.

    >>> fresh_words([{"horizon": "1w", "n_fresh": 20}, {"horizon": "1m", "n_fresh": 4}]).split("; ")[1]
    'there are 24 of them here (1w 20, 1m 4).'
    """
    n = sum(row["n_fresh"] for row in record)
    by_horizon = ", ".join(f"{row['horizon']} {row['n_fresh']:,}" for row in record)
    return (
        f"The recipe was settled with the real history to {RECIPE_SETTLED_TO:%Y-%m} in view: only later rows "
        f"are a fresh test of it; there are {n:,} of them here" + (f" ({by_horizon})." if n else ".")
    )


def record_table(record: list[dict[str, Any]]) -> Table:
    """Loss, skill against the benchmarks and coverage, one row per horizon."""
    first, last = record[0]["first_date"], record[0]["last_date"]
    table = narrow_table(f"Past forecasts of {first} to {last} whose outcome is known")
    table.add_column("", no_wrap=True)
    table.add_column("sessions\n(indep.)", justify="right", no_wrap=True)
    table.add_column("loss\nx 100", justify="right", no_wrap=True)
    names = [name for name in BENCHMARKS if any(name in row["benchmarks"] for row in record)]
    for name in names:
        table.add_column(f"against\n{name.replace('volatility_', 'vol. ')}", justify="right", no_wrap=True)
    table.add_column("in band\n(80 %)", justify="right", no_wrap=True)
    for row in record:
        inside = row["coverage_low"] <= row["coverage"] <= row["coverage_high"]
        table.add_row(
            row["horizon"],
            f"{row['n']:,}\n[dim]({row['n_effective']:.0f})[/dim]",
            f"{row['loss']:.3f}",
            *(skill_words(row["benchmarks"].get(name)) for name in names),
            f"{100 * row['coverage']:.0f} %" + ("" if inside else "\n[yellow]off[/yellow]"),
        )
    return table


def skill_words(comparison: dict[str, Any] | None) -> str:
    """Skill in percent over its verdict in one word."""
    if comparison is None:
        return "-"
    word = {"better": "[green]better[/green]", "worse": "[red]worse[/red]", "equal": "[dim]equal[/dim]"}
    return f"{comparison['skill_pct']:+.1f} %\n" + word.get(comparison["verdict"], "[dim]unclear[/dim]")
