"""Does Chronos-Bolt know anything the volatility blend does not? All 31 roots, from a finished build.

    python -m benchmarks.chronos_panel real.duckdb.build [--split 2019-01-01]

The product runs Chronos for ZL alone; here it forecasts every root on every session that the benchmarks
forecast, as it is and put together with the blend in a few ways: mean of quantiles, geometric mean of widths
around 0, its median on the blend's width. Columns as `benchmarks.volatility_panel` has them. About two CPU
minutes the first time, cached after.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.volatility_panel import asked_of_build, table
from ml import variance
from ml.chronos import MODEL_NAME, batched_quantiles, find_checkpoint, log_price_contexts
from ml.ensemble import QUANTILES
from ml.metrics import row_losses
from ml.params import Chronos, load_params

BLEND, REFERENCES = "volatility_blend", ("ewma", "volatility_blend")
MEMBERS = ("ewma", "volatility_pool", BLEND)
BARS = """
select symbol, edition_at, trade_date, session_index, adj_close
from staging.int_bars__roll_neutral
where symbol in (select distinct symbol::varchar from forecasts.benchmark_scores)
qualify edition_at = max(edition_at) over (partition by symbol)
order by symbol, trade_date
"""
FORECASTS = f"""
select symbol::varchar as symbol, as_of_date, horizon::varchar as horizon, model_name::varchar as model_name,
    {", ".join(QUANTILES)}
from training.benchmark_forecasts
semi join forecasts.benchmark_scores using (symbol, as_of_date, horizon)
where model_name in {MEMBERS}
order by all
"""
HORIZONS = "select horizon, horizon_sessions from reference.horizons order by 2"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    split, (bars, forecasts, listed) = asked_of_build(__doc__, arguments, BARS, FORECASTS, HORIZONS)
    horizons = dict(zip(listed["horizon"], listed["horizon_sessions"].tolist(), strict=True))
    knobs = load_params("standard").chronos
    chronos = {
        symbol: root_quantiles(rows, forecasts, symbol, horizons, knobs)
        for symbol, rows in bars.groupby("symbol")
    }
    scores = panel_scores(bars, forecasts, chronos, horizons)
    rows = table(scores, split, REFERENCES)
    print(rows.to_string(index=False, float_format=lambda x: f"{x:.2f}"))
    return 0


def root_quantiles(
    bars: pd.DataFrame, forecasts: pd.DataFrame, symbol: str, horizons: dict[str, int], knobs: Chronos
) -> pd.DataFrame:
    """Chronos' quantiles of one root, one row per session and horizon; sessions with a whole context only."""
    asked = forecasts.loc[forecasts["symbol"] == symbol, "as_of_date"].unique()
    origins = bars[bars["trade_date"].isin(asked)].rename(columns={"trade_date": "as_of_date"})
    origins = origins.assign(zl_edition_at=origins["edition_at"]).reset_index(drop=True)
    past = log_price_contexts(origins, bars, knobs.context_sessions)
    whole = ~np.isnan(past).any(axis=1)
    origins, past = origins[whole], past[whole]
    steps = np.array(list(horizons.values()))
    checkpoint = find_checkpoint(knobs.model_path)
    ahead = batched_quantiles(past, origins["session_index"].to_numpy(), steps, checkpoint, knobs)
    frames = [
        pd.DataFrame(ahead[:, place], columns=QUANTILES).assign(
            as_of_date=origins["as_of_date"].to_numpy(), horizon=horizon
        )
        for place, horizon in enumerate(horizons)
    ]
    return pd.concat(frames, ignore_index=True)


def panel_scores(
    bars: pd.DataFrame, forecasts: pd.DataFrame, chronos: dict[str, pd.DataFrame], horizons: dict[str, int]
) -> pd.DataFrame:
    """Losses of members and combinations on the rows all have, as `forecasts.benchmark_scores` has them."""
    frames = []
    for symbol, own in forecasts.groupby("symbol"):
        closes = bars[bars["symbol"] == symbol]
        returns = np.log(closes["adj_close"]).diff().to_numpy()
        for horizon, sessions in horizons.items():
            outcome = pd.Series(variance.horizon_return(returns, sessions), closes["trade_date"]).dropna()
            rows = pd.concat([own, chronos[symbol].assign(model_name=MODEL_NAME)])
            rows = rows[rows["horizon"] == horizon]
            wide = rows.pivot(index="as_of_date", columns="model_name", values=QUANTILES).dropna()
            wide = wide.loc[wide.index.intersection(outcome.index)]
            y_true = outcome[wide.index].to_numpy()
            said = {name: wide.xs(name, axis=1, level=1)[QUANTILES].to_numpy() for name in MEMBERS}
            zero_shot = wide.xs(MODEL_NAME, axis=1, level=1)[QUANTILES].to_numpy()
            said |= combinations(said[BLEND], zero_shot)
            ewma_losses = row_losses(said["ewma"], y_true) / len(QUANTILES)
            frames += [
                pd.DataFrame(
                    {
                        "symbol": symbol,
                        "as_of_date": wide.index,
                        "horizon": horizon,
                        "horizon_sessions": sessions,
                        "model_name": name,
                        "pinball": row_losses(quantiles, y_true) / len(QUANTILES),
                        "ewma_pinball": ewma_losses,
                        "is_inside_band": (quantiles[:, 0] <= y_true) & (y_true <= quantiles[:, 2]),
                    }
                )
                for name, quantiles in said.items()
            ]
    return pd.concat(frames, ignore_index=True)


def combinations(blend: NDArray, chronos: NDArray) -> dict[str, NDArray]:
    """Chronos alone and beside the blend; quantiles of shape (n, 3), the blend's median 0."""
    width, median = (chronos[:, 2] - chronos[:, 0]) / 2, chronos[:, 1:2]
    between = np.sqrt(blend[:, 2] * width)[:, None]
    return {
        MODEL_NAME: chronos,
        "half of each": (blend + chronos) / 2,
        "a quarter chronos": 0.75 * blend + 0.25 * chronos,
        "widths only": between * np.array([-1.0, 0.0, 1.0]),
        "a third of the median": blend + 0.35 * median,
        "the median": blend + median,
    }


if __name__ == "__main__":
    sys.exit(main())
