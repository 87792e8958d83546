"""When a value is public: macros/published_at.sql once more, for one date at a time and without a database.

A test holds the two equal on every day of sixteen years for every rule.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from zoneinfo import ZoneInfo

import pandas as pd

from ingest.seeds import SEEDS, seed_rows
from ml.calendars import FIRST_DAY, publication_days, trading_sessions


class ReleaseTimes:
    """Rules of seeds/release_rules.csv, true days of seeds/release_calendar.csv, business days and grain
    sessions."""

    def __init__(self) -> None:
        self.rules = {row["release_rule"]: row for row in seed_rows("release_rules")}
        self._true_days = {
            (row["release_rule"], dt.date.fromisoformat(row["period_date"])): row
            for row in seed_rows("release_calendar")
        }
        self._overrides = pd.read_csv(SEEDS / "calendar_overrides.csv")
        days = publication_days(self._overrides)
        self._first_day = dt.date.fromisoformat(FIRST_DAY)
        self._numbers = days["business_day_number"].tolist()
        self._business_days = days.loc[days["is_business_day"], "calendar_date"].tolist()

    def published_at(self, release_rule: str, anchor: dt.date) -> dt.datetime:
        """UTC instant, without a zone, at which the value dated `anchor` is public.

        Raises
        ------
        KeyError
            There is no such rule.
        IndexError
            The day is beyond the calendars.
        """
        rule = self.rules[release_rule]
        known = self._true_days.get((release_rule, anchor))
        if known:
            return _instant(
                dt.date.fromisoformat(known["release_date"]), known["release_time"], rule["time_zone"]
            )
        if rule["kind"] == "session_close" and anchor in self._closes:
            return self._closes[anchor]
        base = _base_date(rule, anchor)
        n_business_days = self._business_days_to_go(rule, base)
        if n_business_days is not None:
            eve = self._number(base - dt.timedelta(days=1))
            base = self._business_days[eve + n_business_days - 1]
        return _instant(base, rule["release_time"], rule["time_zone"])

    def next_business_day(self, day: dt.date) -> dt.date:
        """First federal business day after `day`."""
        return self._business_days[self._number(day)]

    def next_session(self, day: dt.date) -> dt.date:
        """First grain session after `day`."""
        return next(session for session in self._closes if session > day)

    def _number(self, day: dt.date) -> int:
        """Business days up to and including `day`."""
        return self._numbers[(day - self._first_day).days]

    def _business_days_to_go(self, rule: dict[str, str], base: dt.date) -> int | None:
        """The release is that many business days after the day before `base`; None: on `base` itself."""
        if rule["kind"] == "business_days":
            return int(rule["n"])
        if rule["kind"] == "month_business_day":
            return int(rule["n"]) if int(rule["n"]) > 0 else int(rule["n"]) + 1
        if rule["holiday_rule"] == "next_business_day":
            return 1
        if rule["holiday_rule"] == "week":
            days_before = base.isoweekday() - int(rule["delaying_weekdays_from"])
            eve = base - dt.timedelta(days=1)
            week_eve = base - dt.timedelta(days=days_before + 1)
            return 1 + days_before - (self._number(eve) - self._number(week_eve))
        return None

    @cached_property
    def _closes(self) -> dict[dt.date, dt.datetime]:
        sessions = trading_sessions(self._overrides)
        return {row.trade_date: row.close_at.to_pydatetime() for row in sessions.itertuples()}


def _base_date(rule: dict[str, str], anchor: dt.date) -> dt.date:
    n, months, weekday = (int(rule[name] or 0) for name in ("n", "months_after", "release_weekday"))
    match rule["kind"]:
        case "days":
            return anchor + dt.timedelta(days=n)
        case "business_days":
            return anchor + dt.timedelta(days=1)
        case "weekday_after":
            return anchor + dt.timedelta(days=(weekday - anchor.isoweekday() + 6) % 7 + 1)
        case "weekday_of_week":
            return anchor + dt.timedelta(days=weekday - anchor.isoweekday())
        case "month_day":
            return first_of_month(anchor, months) + dt.timedelta(days=n - 1)
        case "month_business_day":
            return first_of_month(anchor, months + (n < 0))
        case _:
            return anchor


def first_of_month(day: dt.date, months: int) -> dt.date:
    """First day of the month `months` after the month of `day`."""
    number = day.year * 12 + day.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)


def _instant(day: dt.date, clock: str, zone: str) -> dt.datetime:
    hour, minute = map(int, clock.split(":")[:2])
    local = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))
    return local.astimezone(dt.UTC).replace(tzinfo=None)
