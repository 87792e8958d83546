"""AutoGluon TimeSeries as in `autogluon_timeseries`, less DirectTabular.

For a user who has found out that it breaks down on prices beyond those of its past.
"""

import pandas as pd

from benchmarks.market import Market
from benchmarks.peers.autogluon_timeseries import FAMILIES, forecast_with


def forecast(market: Market) -> pd.DataFrame:
    """Columns of `market.FORECAST`."""
    return forecast_with(market, {name: how for name, how in FAMILIES.items() if name != "DirectTabular"})
