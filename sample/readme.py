"""The page that stands beside the sample's files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sample.core import BAND_LOG, BAND_SPEED, PLACEBO_DRIVERS, PLANTED_EFFECTS
from sample.futures import QUIET_SESSIONS, STALE_RUNS, THIN_SESSIONS, VENUE_HOLES
from sample.macro import NEGATIVE_OIL_DAY
from sample.news import NEWS_START
from sample.revisions import Revision
from sample.usda import CRUSH_PRODUCTS_START, ZERO_EXPORT_WEEK


def listed(days: Sequence[date]) -> str:
    """Dates in a row."""
    return ", ".join(day.isoformat() for day in days)


def revision_row(item: Revision) -> str:
    """One row of the table of keys delivered twice."""
    key = ", ".join(str(value) for value in item.key.values())
    changed = ", ".join(item.change) or "same values again"
    first = item.first_ingested_at or "bulk load"
    return f"| `{item.table}` | {key} | {changed} | {first} | {item.ingested_at} |"


def sample_readme(seed: int, first_date: date, last_date: date, revisions: Sequence[Revision]) -> str:
    """Markdown text, the same for the same arguments."""
    effects = "\n".join(
        f"| {e.name} | {e.bucket} | {e.series} | {e.value} | {e.one_sd} | {e.daily_drift_sd:+.3f} |"
        for e in PLANTED_EFFECTS
    )
    thin = "\n".join(f"  - {root}: {listed(days)}" for root, days in THIN_SESSIONS.items())
    quiet = "; ".join(f"{root} {listed(days)}" for root, days in QUIET_SESSIONS.items())
    holes = "; ".join(f"{day}: {' '.join(venues)}" for day, venues in VENUE_HOLES.items())
    stale = "; ".join(f"{root} from {day}, {n} sessions" for root, day, n in STALE_RUNS)
    twice = "\n".join(revision_row(item) for item in revisions)
    placebos = ", ".join(PLACEBO_DRIVERS)
    return f"""# SYNTHETIC sample deliveries

**Nothing here is market data.** Every value is simulated by `zl sample`
(seed {seed}, {first_date} .. {last_date}); no level, return or date of an event is taken from a vendor.
The files follow the landing contract (tables, columns, types, units), so the pipeline treats them as it would
treat real deliveries. Each file also says `origin: SYNTHETIC` in its metadata.

Made by `zl sample`; the same command writes the same bytes (a test holds it to that).

## How

* Prices: daily log returns = volatility x correlated heavy-tailed shocks (nine factors, jumps on 0.2 % of
  days). Log-volatility is a slow and a fast AR(1) with a part common to all; no leverage. Grains are livelier
  in summer and on WASDE days.
* Followers close a gap to their leaders: HO, RB, Brent to CL; KE to ZW; ZO to ZC; palm and canola to ZL;
  beans to the value of oil and meal.
* A contract's basis is constant for its life; a roll (`instrument_id` changes, about nine times a year in ZL,
  some with a flip back for one session) is a jump of the basis. Open, high and low are those of a Brownian
  bridge.
* A row is delivered only if it was public before the load: releases lag as in reality (H.10 on Monday, COT on
  Friday, EPA after 51 days ...).
* `ingested_at` is the time of one bulk load, save for the news (ten minutes after publication) and the rows
  listed below.

## What can be found in ZL

Session t's expected return is `drift x clip(value / one sd, +-2.5) x volatility of t`. The value is that of
two weekdays before t, the newest that a forecast made at the close before t may know.

| effect | bucket | series | value | one sd | drift, sd a day |
|---|---|---|---|---|---:|
{effects}

Nothing else moves the mean of ZL within {BAND_LOG} log units of its start; beyond, {BAND_SPEED:.2%} of the
excess is pulled back a day. Placebos, without any effect on the next session: {placebos}.

## Planted defects

* Wrong-contract sessions, volume below 3 % of the median of the 60 rows before:
{thin}
* Quiet but right, just above 3 %: {quiet}. These stay.
* A venue without bars: {holes}.
* Repeated closes: {stale}.
* Half sessions on US holidays for all roots but grains and livestock.
* Export sales of the week ending {ZERO_EXPORT_WEEK} are zero, the next row holds two weeks; boundary weeks
  stand for both marketing years.
* COT dated Monday where Tuesday is 4 July, Christmas or New Year.
* `usda/nass_crush`: NULL products before {CRUSH_PRODUCTS_START}.
* `refinitiv_quotes`: NULL `unit` for four RICs.
* Cash quotes repeat on 10-33 % of days, `rin-d4-us` (US cents/RIN) on 25 %.
* {NEGATIVE_OIL_DAY}: spot and nearest-month WTI below zero. No WASDE in 2019-01. News starts {NEWS_START}.

Keys delivered twice:

| table | key | changed | first delivery | again |
|---|---|---|---|---|
{twice}
"""
