"""statsforecast's random walk of the log price; its band is that of all daily returns so far."""

import pandas as pd
from statsforecast.models import Naive

from benchmarks.market import Market
from benchmarks.price_models import carried_forward

REFIT_MONTHS = 1


def forecast(market: Market) -> pd.DataFrame:
    """Columns of `market.FORECAST`."""
    return carried_forward(market, Naive(), REFIT_MONTHS)
