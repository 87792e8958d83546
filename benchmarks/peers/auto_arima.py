"""statsforecast's AutoARIMA of the log price: order and drift chosen by AICc, no season."""

import pandas as pd
from statsforecast.models import AutoARIMA

from benchmarks.market import Market
from benchmarks.price_models import carried_forward

REFIT_MONTHS = 4


def forecast(market: Market) -> pd.DataFrame:
    """Columns of `market.FORECAST`."""
    return carried_forward(market, AutoARIMA(season_length=1), REFIT_MONTHS)
