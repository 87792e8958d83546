"""The benchmark's part of docs/benchmark.md: tables of losses, ratios and shares, no price."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.market import STEP_SESSIONS, Market
from benchmarks.peer_runs import Run, versions
from benchmarks.score import (
    PROJECT,
    Score,
    best_other,
    horizon_scores,
    outcomes,
)
from ml.comparison import verdict
from ml.metrics import skill

# The project's own rows that a reader can be told of, and which of them a user could pick instead.
SERVED = {
    "ensemble": "**ensemble** (the project)",
    "volatility_blend": "volatility_blend",
    "volatility_pool": "volatility_pool (the reference recipe)",
    "chronos_bolt": "Chronos-Bolt alone (our checkpoint)",
    "ewma": "EWMA(.94), normal",
    "har_fhs": "HAR range, FHS",
    "gjr_t_fhs": "GJR-GARCH-t, no drift, FHS",
    "climatology": "rolling 750-session quantiles",
}
ALTERNATIVES = ("chronos_bolt", "ewma", "har_fhs", "gjr_t_fhs", "climatology")


class Cost(NamedTuple):
    """What a whole cold build of the project took."""

    cpu_seconds: float
    peak_mib: float


def page_part(
    market: Market,
    served: dict[str, pd.DataFrame],
    fallback: str,
    runs: Sequence[Run],
    project_cost: Cost | None,
    origin: str,
    command: str,
) -> str:
    """Markdown of all tables.

    Parameters
    ----------
    market
        Its origins are the rows.
    served
        The project's forecasts by forecaster; at least those of `score.PROJECT` and `score.BENCHMARK`.
    fallback
        The forecaster the ensemble's weights rest on.
    runs
        The peers, failed ones included.
    project_cost
        None when the database was built elsewhere.
    origin, command
        In words what data the database holds; what made this text.
    """
    forecasts = {name: served[name] for name in SERVED if name in served}
    forecasts |= {run.peer.module: run.forecasts for run in runs if run.forecasts is not None}
    labels = SERVED | {fallback: f"{SERVED.get(fallback, fallback)} (where it rests)"}
    labels |= {run.peer.module: run.peer.label for run in runs}
    by_horizon = {horizon: horizon_scores(forecasts, market, horizon) for horizon in market.horizons}
    scores = {horizon: found[0] for horizon, found in by_horizon.items()}
    names = [*(name for name in SERVED if name in served), *(run.peer.module for run in runs)]
    failures = {run.peer.module: run.failure for run in runs if run.failure}

    def table(cell: Callable[[Score], str]) -> list[str]:
        return score_table(names, labels, scores, failures, cell)

    best = {
        horizon: best_other(own, losses, [*ALTERNATIVES, *(run.peer.module for run in runs)], h)
        for (horizon, (own, losses)), h in zip(by_horizon.items(), market.horizons.values(), strict=True)
    }
    lines = [
        heading(market, origin, command),
        "",
        "Loss: mean pinball at 10/50/90 of the h-session log return x 100; in brackets over the ensemble's "
        "on the same rows.",
        "",
        *table(lambda score: f"{loss_words(score.loss)} ({score.loss / score.project_loss:.3f})"),
        *partial_rows(labels, scores),
        *crossing_rows(labels, scores),
        "",
        "Skill against EWMA on the same rows, % (HAC t, `ml/comparison.py`):",
        "",
        *table(lambda score: f"{100 * score.skill:+.2f} ({score.against_benchmark.t:+.1f})"),
        "",
        "Share of outcomes inside the 10-90 % band, % (80 is right):",
        "",
        *table(lambda score: f"{100 * score.coverage:.1f}"),
        "",
        "The ensemble against the best other benchmark or peer that answered every row (all but "
        "`volatility_pool` and `volatility_blend`):",
        "",
        *row_table(
            list(market.horizons),
            {
                "best other": [labels[best[horizon].model_name].replace("*", "") for horizon in best],
                "its loss": [loss_words(best[horizon].loss) for horizon in best],
                "ensemble's loss": [loss_words(best[horizon].project_loss) for horizon in best],
                "ensemble's gain, % (HAC t)": [
                    f"{100 * best[horizon].gain:+.2f} ({best[horizon].comparison.t:+.1f})" for horizon in best
                ],
                "verdict": [verdict(best[horizon].comparison) for horizon in best],
            },
        ),
        "",
        *reported_lines(market, forecasts, scores, labels),
        *cost_lines(runs, project_cost),
    ]
    return "\n".join(lines).rstrip() + "\n"


def heading(market: Market, origin: str, command: str) -> str:
    """What was compared, on which rows, by which command and with which versions."""
    counts = " / ".join(str(len(outcomes(market, horizon))) for horizon in market.horizons)
    first, last = market.dates[market.origins[0]], market.dates[market.origins[-1]]
    found = ", ".join(f"{name} {version}" for name, version in versions().items())
    return (
        f"Written by `{command}` from {origin}.\n"
        f"Rows: every {STEP_SESSIONS}th session {first}..{last} whose target has ended, {counts} at "
        f"{' / '.join(market.horizons)}; the project is scored on exactly these. A peer sees what was known "
        "at the close and learns only from targets that had ended before its fit (h sessions purged).\n"
        f"Python {platform.python_version()}, {found}; {os.cpu_count()} cores, {platform.machine()}."
    )


def score_table(
    names: Sequence[str],
    labels: dict[str, str],
    scores: dict[str, dict[str, Score]],
    failures: dict[str, str],
    cell: Callable[[Score], str],
) -> list[str]:
    """A row per forecaster; `†` where it has not every row, and what went wrong where it has none."""
    rows = {}
    for name in names:
        if name in failures:
            rows[labels[name]] = [plain(failures[name]), *[""] * (len(scores) - 1)]
            continue
        found = [scores[horizon].get(name) for horizon in scores]
        rows[labels[name]] = [
            "no row" if score is None else cell(score) + ("" if score.is_whole else " †") for score in found
        ]
    return row_table(list(scores), rows)


def row_table(columns: Sequence[str], rows: dict[str, Sequence[str]]) -> list[str]:
    """Markdown lines of a table whose first column has no header."""
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    return lines + [f"| {label} | " + " | ".join(cells) + " |" for label, cells in rows.items()]


def partial_rows(labels: dict[str, str], scores: dict[str, dict[str, Score]]) -> list[str]:
    """Which forecasters were scored on fewer rows, and on how many."""
    lines = []
    for name in dict.fromkeys(name for own in scores.values() for name in own):
        found = [own[name] for own in scores.values() if name in own]
        if not all(score.is_whole for score in found):
            counts = " / ".join(f"{score.n_rows}" for score in found)
            lines.append(f"{labels[name]} has {counts} rows")
    if not lines:
        return []
    return ["", f"† On its own rows only, the others taken on the same: {'; '.join(lines)}."]


def crossing_rows(labels: dict[str, str], scores: dict[str, dict[str, Score]]) -> list[str]:
    """Whose quantiles were out of order, and how often."""
    lines = []
    for name in dict.fromkeys(name for own in scores.values() for name in own):
        found = [own[name] for own in scores.values() if name in own]
        if any(score.n_crossings for score in found):
            shares = " / ".join(f"{100 * score.n_crossings / score.n_rows:.0f}" for score in found)
            lines.append(f"{labels[name]} {shares} %")
    if not lines:
        return []
    return ["", f"Rows whose quantiles crossed; they are scored in order: {'; '.join(lines)}."]


def reported_lines(
    market: Market,
    forecasts: dict[str, pd.DataFrame],
    scores: dict[str, dict[str, Score]],
    labels: dict[str, str],
) -> list[str]:
    """What a peer reports about itself, beside the truth."""
    lines = []
    for name, frame in forecasts.items():
        if "reported_loss" not in frame:
            continue
        rows: dict[str, list[str]] = {label: [] for label in ("reports", "in truth", "EWMA, same rows")}
        for horizon, own in scores.items():
            known = frame[(frame["horizon"] == horizon)].set_index("as_of_date")["reported_loss"]
            reported = float(known.reindex(outcomes(market, horizon).index).mean())
            score = own[name]
            benchmark = score.loss / (1 - score.skill)
            rows["reports"].append(f"{loss_words(reported)} ({100 * skill(reported, benchmark):+.0f} %)")
            rows["in truth"].append(f"{loss_words(score.loss)} ({100 * score.skill:+.0f} %)")
            rows["EWMA, same rows"].append(loss_words(benchmark))
        years = sorted(set(pd.DatetimeIndex(frame["as_of_date"]).year))
        lines += [
            f"What the {labels[name]} reports about itself, and its true loss, x 100, test years "
            f"{', '.join(map(str, years))} (in brackets the skill against EWMA):",
            "",
            *row_table(list(scores), rows),
            "",
        ]
    return lines


def cost_lines(runs: Sequence[Run], project_cost: Cost | None) -> list[str]:
    """CPU seconds and peak memory, and how each was fitted."""
    if project_cost is None:
        told = (
            "the project's is unknown, its database was built elsewhere (LANDING=... builds and measures it)"
        )
    else:
        told = (
            "the project's is that of a whole cold build at effort standard (landing files to forecasts, "
            f"every forecaster, {STEP_SESSIONS} times as many origins)"
        )
    lines = [
        f"Cost: CPU seconds (user + system) and peak memory of a peer's process, for its rows above; {told}:",
        "",
        "| | CPU s | over the project's | peak MiB | over the project's | how |",
        "|---|---|---|---|---|---|",
    ]
    if project_cost is not None:
        lines.append(
            f"| {SERVED[PROJECT]} | {project_cost.cpu_seconds:,.0f} | 1 | {project_cost.peak_mib:,.0f} | 1 | "
            "level 0 every 4 months |"
        )
    for run in runs:
        if run.failure:
            cells = [plain(run.failure), "", "", ""]
        else:
            base = project_cost or Cost(np.nan, np.nan)
            cells = [
                f"{run.cpu_seconds:,.0f}",
                ratio(run.cpu_seconds, base.cpu_seconds),
                f"{run.peak_mib:,.0f}",
                ratio(run.peak_mib, base.peak_mib),
            ]
        lines.append(f"| {run.peer.label} | {' | '.join(cells)} | {run.peer.schedule} |")
    return lines


def write_part(file: Path, name: str, text: str) -> None:
    """Put `text` between the two markers of the part `name` in `file`.

    Raises
    ------
    ValueError
        The markers do not stand in the file, once each.
    """
    page, start, end = file.read_text(), f"<!-- {name} -->", f"<!-- end of {name} -->"
    if page.count(start) != 1 or page.count(end) != 1:
        raise ValueError(f"{file} needs the lines {start} and {end}, once each.")
    before, after = page.split(start)[0], page.split(end)[1]
    file.write_text(f"{before}{start}\n{text}{end}{after}")


def loss_words(loss: float) -> str:
    """A loss x 100 as the documents write it: .8288, 1.7580."""
    return f"{100 * loss:.4f}".removeprefix("0")


def ratio(value: float, base: float) -> str:
    """`value` over `base`; nothing without a base."""
    return "-" if np.isnan(base) else f"{value / base:.2f}"


def plain(text: str) -> str:
    """A message that cannot break a table, without folders of this machine, at most 120 characters."""
    words = [Path(word).name if word.startswith("/") else word for word in text.replace("|", "/").split()]
    return " ".join(words)[:120]
