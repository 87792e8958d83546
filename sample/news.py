"""News deliveries of the sample: invented headlines with the tone the keyword rules give them, and no effect
on prices.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from ingest.news_score import SCORER_VERSION, tone
from sample.core import Market, stream

NEWS_START = date(2019, 1, 7)  # NULL before, as for a feed that went live late
#: source -> articles on a weekday (mean) and its categories.
FEEDS = {
    "farm_policy_news": (2.0, ("trade", "ethanol", "budget", "regulations", "immigration")),
    "farmdoc_daily": (1.0, ("RINs", "trade", "grain outlook", "interest rates")),
}
#: category -> headline of a bullish, neutral, bearish article; to the rules budget and labor are neutral.
HEADLINES = {
    "trade": ("China buying of soybeans", "Trade talks calendar", "China cancellation of soybeans"),
    "ethanol": ("Biofuel mandate up", "Ethanol plant survey", "Biofuel waiver granted"),
    "RINs": ("Biomass-based diesel mandate up", "RIN generation data", "Compliance delay for RINs"),
    "budget": ("Farm program funding up", "Budget hearing notes", "Farm program funding cut"),
    "regulations": ("Tariff on imported UCO", "Rule docket summary", "Retaliation on US exports"),
    "immigration": ("Labor supply eased", "Labor survey", "Labor shortage"),
    "grain outlook": ("Drought in soybean belt", "Acreage intentions", "Good crop prospects"),
    "interest rates": ("Farm loan rates cut", "Farm loan survey", "Farm loan rates up"),
}


def simulate_news(market: Market, source: str) -> pd.DataFrame:
    """One feed's table with `public_date` and its own `ingested_at`, some minutes after publication."""
    mean, categories = FEEDS[source]
    days = market.calendar.weekdays
    draws = stream(market.seed, f"news {source}").random((len(days), 6, 4))
    rows = []
    for t in np.flatnonzero(days >= np.datetime64(NEWS_START)):
        day = pd.Timestamp(days[t])
        for j in range(6):
            share, pick, mood, hour = draws[t, j]
            if share >= mean / 6.0:
                continue
            category = categories[int(pick * len(categories))]
            side = 0 if mood < 0.28 else 2 if mood > 0.70 else 1
            published = day + timedelta(hours=13 + j + int(3 * hour), minutes=int(60 * ((3 * hour) % 1.0)))
            title = f"[synthetic] {HEADLINES[category][side]}"
            rows.append(
                {
                    "url": f"https://example.org/synthetic/{source}/{day:%Y/%m/%d}/{j}",
                    "title": title,
                    "published_at": published,
                    "category": category,
                    "source": source,
                    "tone": tone(title),
                    "scorer_version": SCORER_VERSION,
                    "ingested_at": published + timedelta(minutes=10),
                    "public_date": day,
                }
            )
    columns = [
        "url",
        "title",
        "published_at",
        "category",
        "source",
        "tone",
        "scorer_version",
        "ingested_at",
        "public_date",
    ]
    return pd.DataFrame(rows, columns=columns)
