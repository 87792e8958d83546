"""statsforecast's AutoETS of the log price: error and trend chosen by AICc, no season."""

import pandas as pd
from statsforecast.models import AutoETS

from benchmarks.market import Market
from benchmarks.price_models import carried_forward

REFIT_MONTHS = 1


def forecast(market: Market) -> pd.DataFrame:
    """Columns of `market.FORECAST`."""
    return carried_forward(market, AutoETS(season_length=1), REFIT_MONTHS)
