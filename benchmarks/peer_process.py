"""One peer's forecasts in a process of its own, so that its time, memory and failures are its own.

    python -m benchmarks.peer_process PEER MARKET OUT

PEER is a module of `benchmarks/peers`, MARKET a pickled `Market`, OUT the parquet file to write.
"""

import importlib
import os
import pickle
import resource
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.market import FORECAST, Market

# A guard against a fit that never ends; the dearest peer takes a third of it.
CPU_LIMIT_SECONDS = 3600


def main(peer: str, market_file: str, out: str) -> None:
    """Forecast and write; the file appears whole or not at all."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_SECONDS, CPU_LIMIT_SECONDS))
    warnings.simplefilter("ignore")
    market = pickle.loads(Path(market_file).read_bytes())
    frame = importlib.import_module(f"benchmarks.peers.{peer}").forecast(market)
    check_forecasts(frame, market)
    frame.to_parquet(f"{out}.part", index=False)
    os.replace(f"{out}.part", out)


def check_forecasts(frame: pd.DataFrame, market: Market) -> None:
    """Refuse what cannot be scored; rows that are missing are left to the table to tell.

    Raises
    ------
    ValueError
        A column is missing, a row stands twice, was not asked for or is not finite.
    """
    missing = [name for name in FORECAST if name not in frame]
    if missing:
        raise ValueError(f"forecasts without {missing[0]}; expected {', '.join(FORECAST)}")
    if frame.duplicated(FORECAST[:2]).any():
        raise ValueError(f"{int(frame.duplicated(FORECAST[:2]).sum())} forecasts stand twice")
    asked = pd.to_datetime(market.dates[market.origins])
    foreign = ~(frame["as_of_date"].isin(asked) & frame["horizon"].isin(list(market.horizons)))
    if foreign.any():
        row = frame[foreign].iloc[0]
        raise ValueError(f"a forecast nobody asked for: {row['as_of_date']:%Y-%m-%d} {row['horizon']}")
    if not np.isfinite(frame[FORECAST[2:]].to_numpy(dtype=float)).all():
        raise ValueError("forecasts that are not finite numbers")


if __name__ == "__main__":
    main(*sys.argv[1:])
