"""Days, weeks and months of the sample's deliveries, and sums over them in a fixed order."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from pandas.tseries.holiday import USFederalHolidayCalendar

from sample.core import Market


def decimals(values: NDArray, places: int) -> NDArray:
    """Values on a decimal grid, as the doubles nearest to those decimals."""
    scale = 10.0**places
    return np.rint(values * scale) / scale + 0.0


class BusinessDays:
    """Federal business days around the simulation."""

    def __init__(self, first_date: date, last_date: date):
        start, end = first_date - timedelta(days=10), last_date + timedelta(days=120)
        holidays = USFederalHolidayCalendar().holidays(start, end).values.astype("datetime64[D]")
        self.calendar = np.busdaycalendar(holidays=holidays)

    def is_open(self, days: NDArray) -> NDArray:
        """(n,) bool."""
        return np.is_busday(days, busdaycal=self.calendar)

    def after(self, days: NDArray, n: int) -> NDArray:
        """The n-th business day after each day; n = 0 is the day itself or the next open one."""
        if n == 0:
            return np.busday_offset(days, 0, roll="forward", busdaycal=self.calendar)
        return np.busday_offset(days, n, roll="backward", busdaycal=self.calendar)


def months_between(first: NDArray, last: NDArray) -> NDArray:
    """Months (m,) as datetime64[M] from that of `first` to that of `last`."""
    return np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]") + 1)


def month_start(months: NDArray) -> NDArray:
    """First day of each month."""
    return months.astype("datetime64[D]")


def weekly_days(market: Market, weekday: int) -> NDArray:
    """Days (w,) with that ISO weekday (0 = Monday) within the simulation, weekends after its last Friday
    included.
    """
    first, last = market.calendar.weekdays[0], market.calendar.weekdays[-1]
    days = np.arange(first, last + 3)
    return days[(days.astype("datetime64[D]").astype(int) + 3) % 7 == weekday]


def as_of_weekday(market: Market, values: NDArray, days: NDArray) -> NDArray:
    """Value of the last weekday on or before each day; `values` is (n,) on the weekdays."""
    at = np.searchsorted(market.calendar.weekdays, days, side="right") - 1
    return values[np.maximum(at, 0)]


def monthly_means(market: Market, values: NDArray, months: NDArray) -> NDArray:
    """Mean over the weekdays of each month, summed in order."""
    of_month = market.calendar.weekdays.astype("datetime64[M]")
    out = np.empty(len(months))
    for i, month in enumerate(months):
        chosen = values[of_month == month]
        total = 0.0
        for value in chosen:
            total += float(value)
        out[i] = total / len(chosen)
    return out


def weekly_means(market: Market, values: NDArray, mondays: NDArray) -> NDArray:
    """Mean (w,) over the weekdays of each week, summed in order."""
    start = np.searchsorted(market.calendar.weekdays, mondays)
    out = np.empty(len(mondays))
    for i, begin in enumerate(start):
        chosen = values[begin : begin + 5]
        total = 0.0
        for value in chosen:
            total += float(value)
        out[i] = total / max(1, len(chosen)) if len(chosen) else float(values[-1])
    return out


def first_friday(months: NDArray) -> NDArray:
    """First Friday of each month; a day later than any holiday that would move the report."""
    start = month_start(months)
    return start + (4 - (start.astype(int) + 3) % 7) % 7
