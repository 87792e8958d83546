"""The volatility models on all 31 roots: skill against EWMA and the volatility pool, from a finished build.

    python benchmarks/volatility_panel.py real.duckdb.build [--first 2014-01-02] [--split 2019-01-01]

Reads training.benchmark_forecasts and the roll-neutral returns and prints, by horizon and model, for the mean
of the other roots and for ZL: loss saved in %, its t, the share of outcomes inside p10-p90; for the others on
how many of them it is better too, and what it saved before and after the split. Loss = mean pinball of the
three quantiles. t is that of the daily mean over roots of the loss saved relative to each root's EWMA loss,
twice: HAC over h - 1 sessions as the handbook has it, and as this project compares (`ml.comparison`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from ml.comparison import hac_standard_error, loss_comparison
from ml.metrics import pinball_losses
from ml.params import QUANTILE_LEVELS
from ml.variance import horizon_return

QUANTILES = ["p10_log", "p50_log", "p90_log"]
REFERENCES = ("ewma", "volatility_pool")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", type=Path, help="the file dbt built in (<ZL_DB>.build)")
    parser.add_argument("--first", default="2014-01-02", help="first as-of date scored")
    parser.add_argument("--split", default="2019-01-01", help="first as-of date of the second half")
    asked = parser.parse_args(arguments)
    if not asked.database.exists():
        parser.error(f"there is no {asked.database}; build first (README, real data)")
    scores = panel_scores(*read(asked.database), pd.Timestamp(asked.first))
    print(table(scores, pd.Timestamp(asked.split)).to_string(index=False, float_format=lambda x: f"{x:.2f}"))
    return 0


def read(database: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    """Forecasts, returns of each root's newest edition, and sessions by horizon."""
    with duckdb.connect(str(database), read_only=True) as connection:
        forecasts = connection.sql("select * from training.benchmark_forecasts").df()
        returns = connection.sql(
            "select symbol, trade_date, return_log from staging.int_bars__roll_neutral "
            "qualify edition_at = max(edition_at) over (partition by symbol) order by symbol, trade_date"
        ).df()
        horizons = connection.sql("select horizon, horizon_sessions from reference.horizons").fetchall()
    return forecasts, returns, dict(sorted(horizons, key=lambda row: row[1]))


def panel_scores(
    forecasts: pd.DataFrame, returns: pd.DataFrame, horizons: dict[str, int], first: pd.Timestamp
) -> pd.DataFrame:
    """Loss and coverage of every matured forecast: `horizon, horizon_sessions, model_name, symbol, ...`."""
    forecasts = forecasts.assign(as_of_date=pd.to_datetime(forecasts["as_of_date"]))
    actuals = []
    for (symbol, root), (horizon, sessions) in (
        (root, horizon) for root in returns.groupby("symbol") for horizon in horizons.items()
    ):
        actuals.append(
            pd.DataFrame(
                {
                    "symbol": symbol,
                    "as_of_date": pd.to_datetime(root["trade_date"]),
                    "horizon": horizon,
                    "horizon_sessions": sessions,
                    "actual_log": horizon_return(root["return_log"].to_numpy(dtype=float), sessions),
                }
            )
        )
    actual = pd.concat(actuals).dropna(subset="actual_log")
    rows = forecasts.merge(actual[actual["as_of_date"] >= first], on=["symbol", "as_of_date", "horizon"])
    quantiles = rows[QUANTILES].to_numpy()
    losses = pinball_losses(rows["actual_log"].to_numpy(), quantiles, np.array(QUANTILE_LEVELS))
    inside = rows["actual_log"].between(rows["p10_log"], rows["p90_log"])
    return rows.assign(loss=losses.mean(axis=1), is_inside=inside).drop(columns=[*QUANTILES, "fold_id"])


def table(scores: pd.DataFrame, split: pd.Timestamp) -> pd.DataFrame:
    """One row per horizon, model and reference."""
    rows = []
    for (horizon, sessions), of_horizon in scores.groupby(["horizon", "horizon_sessions"], sort=False):
        losses = of_horizon.set_index(["symbol", "as_of_date", "model_name"])["loss"].unstack()
        covered = of_horizon.groupby(["model_name", "symbol"])["is_inside"].mean()
        for model in losses.columns:
            for reference in REFERENCES:
                if model == reference:
                    continue
                pair = losses[[model, reference, "ewma"]].dropna()
                is_zl = pair.index.get_level_values("symbol") == "ZL"
                saved, t, t_project = gain(pair[~is_zl], int(sessions))
                zl, zl_t, zl_t_project = gain(pair[is_zl], int(sessions))
                late = pair.index.get_level_values("as_of_date") >= split
                rows.append(
                    {
                        "horizon": horizon,
                        "sessions": sessions,
                        "model": model,
                        "against": reference,
                        "others": saved.mean(),
                        "t": t,
                        "t (2h)": t_project,
                        "better on": int((saved > 0).sum()),
                        "before": gain(pair[~is_zl & ~late], int(sessions))[0].mean(),
                        "after": gain(pair[~is_zl & late], int(sessions))[0].mean(),
                        "inside": 100 * covered[model].drop("ZL", errors="ignore").mean(),
                        "ZL": zl.mean(),
                        "ZL t": zl_t,
                        "ZL t (2h)": zl_t_project,
                        "ZL inside": 100 * covered[model].get("ZL", np.nan),
                    }
                )
    ordered = pd.DataFrame(rows).sort_values(["sessions", "against", "model"], kind="stable")
    return ordered.drop(columns="sessions")


def gain(pair: pd.DataFrame, sessions: int) -> tuple[pd.Series, float, float]:
    """Loss saved per root in %, and the two t of its daily mean over roots.

    `pair` has the losses of a model, of its reference and of `ewma` as columns, in this order (the last two
    may be one), by symbol and as-of date.
    """
    model, reference, scale = (pair.iloc[:, place] for place in range(3))
    by_root = pd.DataFrame({"model": model, "reference": reference}).groupby(level="symbol").mean()
    saved = 100 * (1 - by_root["model"] / by_root["reference"])
    relative = (reference - model) / scale.groupby(level="symbol").transform("mean")
    daily = relative.groupby(level="as_of_date").mean().sort_index().to_numpy()
    if len(daily) <= sessions:
        return saved, np.nan, np.nan
    error = hac_standard_error(daily, sessions - 1)
    t = daily.mean() / error if error > 0 else np.nan
    return saved, float(t), loss_comparison(-daily, np.zeros(len(daily)), sessions).t


if __name__ == "__main__":
    sys.exit(main())
