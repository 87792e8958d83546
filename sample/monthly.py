"""Monthly deliveries of the sample: policy uncertainty and IMF prices."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from numpy.typing import NDArray

from sample.core import Market, autoregression, exponential, stream
from sample.periods import decimals, month_start, monthly_means, months_between

EPU_CATEGORIES = (
    "1. Economic Policy Uncertainty",
    "2. Monetary policy",
    "Fiscal Policy (Taxes OR Spending)",
    "3. Taxes",
    "4. Government spending",
    "5. Health care",
    "6. National security",
    "7. Entitlement programs",
    "8. Regulation",
    "Financial Regulation",
    "9. Trade policy",
    "10. Sovereign debt, currency crises",
)


def simulate_policy_uncertainty(market: Market) -> pd.DataFrame:
    """`policy_uncertainty/monthly` with `public_date`: log-normal, half of it common to the categories."""
    days = market.calendar.weekdays
    months = months_between(days[0], days[-1])
    draws = stream(market.seed, "policy uncertainty").standard_normal((len(months), len(EPU_CATEGORIES) + 1))
    paths = autoregression(draws, 0.8)
    frames = []
    for j, category in enumerate(EPU_CATEGORIES):
        index = 100.0 * exponential(0.35 * paths[:, j] + 0.35 * paths[:, -1])
        frames.append(
            pd.DataFrame(
                {
                    "month": month_start(months),
                    "category": category,
                    "value": decimals(index, 4),
                    "public_date": month_start(months + 1) - 1 + 35,
                }
            )
        )
    return pd.concat(frames, ignore_index=True).sort_values(["category", "month"], ignore_index=True)


#: IMF code -> unit and monthly mean of which price; cents/lb x 22.0462 = USD/t, cents/bu x 0.367437 (beans)
#: or 0.393683 (maize) = USD/t.
IMF_PRICES: dict[str, tuple[str, Callable[[Market], NDArray]]] = {
    "PMAIZMT": ("USD/t", lambda market: market.price("ZC") * 0.393683),
    "POILBRE": ("USD/bbl", lambda market: market.price("BZ")),
    "POILWTI": ("USD/bbl", lambda market: market.price("CL")),
    "PPOIL": ("USD/t", lambda market: market.price("PALM") * 1.01),
    "PROIL": ("USD/t", lambda market: market.price("RS") * 1.7),
    "PSMEA": ("USD/t", lambda market: market.price("ZM") * 1.10231),
    "PSOIL": ("USD/t", lambda market: market.price("ZL") * 22.0462),
    "PSOYB": ("USD/t", lambda market: market.price("ZS") * 0.367437),
    "PSUNO": ("USD/t", lambda market: 0.5 * (market.price("ZL") * 22.0462 + market.price("PALM")) + 80.0),
}


def simulate_imf(market: Market) -> pd.DataFrame:
    """`imf/commodity_prices` with `public_date`: means over the weekdays of a month."""
    days = market.calendar.weekdays
    months = months_between(days[0], days[-1])
    frames = []
    for commodity, (unit, price) in sorted(IMF_PRICES.items()):
        frames.append(
            pd.DataFrame(
                {
                    "month": month_start(months),
                    "commodity": commodity,
                    "value": decimals(monthly_means(market, price(market), months), 3),
                    "unit": unit,
                    "public_date": month_start(months + 1) - 1 + 35,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
