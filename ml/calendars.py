"""Calendars: grain sessions of the exchange and business days of US federal agencies, past and future."""

from __future__ import annotations

import pandas as pd
import pandas_market_calendars as market_calendars
from pandas.tseries.holiday import USFederalHolidayCalendar

FIRST_DAY, LAST_DAY = "1900-01-01", "2035-12-31"  # no series at FRED is older
FIRST_SESSION = "2000-01-01"
CHICAGO = "America/Chicago"
REGULAR_CLOSE, EARLY_CLOSE = "13:20", "12:05"  # the library says 12:00 for early closes


def trading_sessions(overrides: pd.DataFrame) -> pd.DataFrame:
    """Grain sessions of the CBOT from 2000 to 2035; the range is fixed, so no build depends on a clock.

    Parameters
    ----------
    overrides
        Columns `calendar`, `calendar_date`, `is_open`, `close_time` (Chicago); rows of the calendar
        `cbot_agriculture` add or remove a session, or give its close.

    Returns
    -------
    pandas.DataFrame
        `trade_date`, `session_number` (1 for the first), `close_at` (UTC, naive), `is_early_close`; in date
        order.

    Raises
    ------
    ValueError
        An override closes a day that is no session.

    Notes
    -----
    Holidays and early closes are those of `CBOT_Agriculture` in pandas-market-calendars.
    """
    calendar = market_calendars.get_calendar("CBOT_Agriculture")
    schedule = calendar.schedule(FIRST_SESSION, LAST_DAY)
    early = calendar.early_closes(schedule).index
    closes = pd.Series(REGULAR_CLOSE, index=schedule.index, dtype=object)
    closes[early] = EARLY_CLOSE
    for row in _overrides_of(overrides, "cbot_agriculture"):
        if row.is_open:
            closes[row.calendar_date] = row.close_time or REGULAR_CLOSE
        else:
            if row.calendar_date not in closes.index:
                raise ValueError(
                    f"seeds/calendar_overrides.csv closes {row.calendar_date.date()}, which is no session of "
                    "CBOT_Agriculture: the date is wrong, or the row is not needed any more."
                )
            closes = closes.drop(row.calendar_date)
    closes = closes.sort_index()
    days = pd.DatetimeIndex(closes.index)
    local = (days + pd.to_timedelta(closes.to_numpy() + ":00")).tz_localize(CHICAGO)
    return pd.DataFrame(
        {
            "trade_date": days.date,
            "session_number": range(1, len(days) + 1),
            "close_at": local.tz_convert("UTC").tz_localize(None).astype("datetime64[us]"),
            "is_early_close": (closes != REGULAR_CLOSE).to_numpy(),
        }
    )


def publication_days(overrides: pd.DataFrame) -> pd.DataFrame:
    """Every day from 1900 to 2035 with the business days of US federal agencies.

    Parameters
    ----------
    overrides
        As in `trading_sessions`; rows of the calendar `us_federal` close or open a day.

    Returns
    -------
    pandas.DataFrame
        `calendar_date`, `is_business_day`, `business_day_number` (business days up to and including the
        date).
    """
    days = pd.date_range(FIRST_DAY, LAST_DAY)
    holidays = USFederalHolidayCalendar().holidays(FIRST_DAY, LAST_DAY)
    is_open = pd.Series((days.dayofweek < 5) & ~days.isin(holidays), index=days)
    for row in _overrides_of(overrides, "us_federal"):
        is_open[row.calendar_date] = row.is_open
    return pd.DataFrame(
        {
            "calendar_date": days.date,
            "is_business_day": is_open.to_numpy(),
            "business_day_number": is_open.cumsum().to_numpy(),
        }
    )


def _overrides_of(overrides: pd.DataFrame, calendar: str) -> list:
    rows = overrides[overrides["calendar"] == calendar].sort_values("calendar_date")
    rows = rows.assign(
        calendar_date=pd.to_datetime(rows["calendar_date"]),
        close_time=rows["close_time"].fillna("").astype(str).str[:5],
    )
    return list(rows.itertuples(index=False))
