"""The volatility models on all 31 roots: skill against EWMA and the volatility pool, from a finished build.

    python benchmarks/volatility_panel.py real.duckdb.build [--split 2019-01-01]

What `zl score` says of the panel, against both references and for both halves of the record. By horizon and
model, for the mean of the other roots and for ZL: loss saved in %, its t, the share of outcomes in the band.
For the others also on how many of them it is better, and what it saved before and after the split. t is that
of the daily mean over roots of the loss saved relative to each root's EWMA loss, twice: HAC over h - 1
sessions as the handbook has it, and as this project compares (`ml.comparison`).
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

REFERENCES = ("ewma", "volatility_pool")
# A build keeps short codes as enums, which pandas would group by as categories, those without a row too.
SCORES = """
select
    symbol::varchar as symbol, as_of_date, horizon::varchar as horizon, horizon_sessions,
    model_name::varchar as model_name, pinball, ewma_pinball, is_inside_band
from forecasts.benchmark_scores
inner join reference.horizons using (horizon)
order by horizon_sessions, benchmark_scores.model_name, benchmark_scores.symbol, as_of_date
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    split, (scores,) = asked_of_build(__doc__, arguments, SCORES)
    print(table(scores, split).to_string(index=False, float_format=lambda x: f"{x:.2f}"))
    return 0


def asked_of_build(
    page: str, arguments: Sequence[str] | None, *queries: str
) -> tuple[pd.Timestamp, list[pd.DataFrame]]:
    """First date of the second half as the command line has it, and a frame per query of the build it names.

    A file that is none is refused in one line (SystemExit 2); `page` begins with what the command does.
    """
    parser = argparse.ArgumentParser(description=page.splitlines()[0])
    parser.add_argument("database", type=Path, help="the file dbt built in (<ZL_DB>.build)")
    parser.add_argument("--split", default="2019-01-01", help="first as-of date of the second half")
    asked = parser.parse_args(arguments)
    if not asked.database.exists():
        parser.error(f"there is no {asked.database}; build first (README, real data)")
    try:
        with duckdb.connect(str(asked.database), read_only=True) as connection:
            return pd.Timestamp(asked.split), [connection.sql(query).df() for query in queries]
    except duckdb.Error as trouble:
        parser.error(f"{asked.database} is no build of this project: {str(trouble).splitlines()[0]}")


def table(scores: pd.DataFrame, split: pd.Timestamp, references: Sequence[str] = REFERENCES) -> pd.DataFrame:
    """One row per horizon, reference and model; `scores` as `SCORES` reads them."""
    scores = scores.assign(as_of_date=pd.to_datetime(scores["as_of_date"]))
    rows = []
    for (horizon, sessions), of_horizon in scores.groupby(["horizon", "horizon_sessions"], sort=False):
        losses = of_horizon.set_index(["symbol", "as_of_date", "model_name"])["pinball"].unstack()
        inside = 100 * of_horizon.groupby(["model_name", "symbol"])["is_inside_band"].mean()
        for reference in references:
            for model in losses.columns.drop(reference):
                pair = losses[[model, reference, "ewma"]].dropna()
                is_zl = pair.index.get_level_values("symbol") == "ZL"
                is_late = pair.index.get_level_values("as_of_date") >= split
                saved, t, t_project = gain(pair[~is_zl], int(sessions))
                zl, zl_t, zl_t_project = gain(pair[is_zl], int(sessions))
                rows.append(
                    {
                        "horizon": horizon,
                        "model": model,
                        "against": reference,
                        "others": saved.mean(),
                        "t": t,
                        "t (2h)": t_project,
                        "better on": int((saved > 0).sum()),
                        "before": gain(pair[~is_zl & ~is_late], int(sessions))[0].mean(),
                        "after": gain(pair[~is_zl & is_late], int(sessions))[0].mean(),
                        "inside": inside[model].drop("ZL").mean(),
                        "ZL": zl.mean(),
                        "ZL t": zl_t,
                        "ZL t (2h)": zl_t_project,
                        "ZL inside": inside[model]["ZL"],
                    }
                )
    return pd.DataFrame(rows)


def gain(pair: pd.DataFrame, sessions: int) -> tuple[pd.Series, float, float]:
    """Loss saved per root in %, and the two t of its daily mean over roots (NaN where it never differs).

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
