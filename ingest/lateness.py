"""How late a landing table is: days since the release of the row after its newest one, by the publishers'
calendars.

The row after the newest is dated by the cadence of its series: the next grain session, the next federal
business day, the next day, the same day a week later, the first of the next month or quarter. Its release is
`ReleaseTimes.published_at`. Before it nothing is late: not over a weekend, a holiday or a shutdown. A history
that ended is not late either. Whole days: what was released this morning and has not landed is 0 days late.

Articles have no calendar: a feed is late from the day on which seeds/quality_limits.csv would warn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ingest.landed import Landed
from ingest.release_times import ReleaseTimes, first_of_month
from ingest.seeds import seed_rows

# Column that tells the series of a table apart; other tables are one series.
SERIES = {
    "databento/ohlcv_1d": "symbol",
    "fred/observations": "series_id",
    "eia/series": "series_id",
    "eia/feedstocks": "series_id",
}
SEED_OF_SERIES = {
    "databento/ohlcv_1d": ("symbols", "symbol"),
    "fred/observations": ("fred_series", "series_id"),
    "eia/series": ("eia_series", "series_id"),
    "eia/feedstocks": ("feedstocks", "series_id"),
}
SAME_REPORT = {"cftc/cot_disaggregated": "cftc/cot_legacy"}  # published together
# (days, months) to the next row
STEPS_OF_FREQUENCY = {"weekly": (7, 0), "monthly": (0, 1), "quarterly": (0, 3)}
LONGEST_STEPS = {"usda/wasde": (35, 0)}  # 28 to 35 days apart; the seed has the shortest


@dataclass(frozen=True)
class Late:
    """Whole days a table is late, and its latest series where it holds several."""

    days: int
    series: str | None = None

    def __str__(self) -> str:
        """`3 DGS10`, or `0`."""
        return f"{self.days} {self.series}" if self.series and self.days else str(self.days)


class Lateness:
    """Due dates of landing tables by the seeds."""

    def __init__(self) -> None:
        self._releases = ReleaseTimes()
        self._series = {
            table: {row[column]: row for row in seed_rows(seed)}
            for table, (seed, column) in SEED_OF_SERIES.items()
        }

    def of(self, landed: Landed, table: str) -> Late | None:
        """How late a table is now; None where nothing has landed.

        The latest of its series speaks for it, among equals the first by name.
        """
        newest = landed.newest_dates(table, SERIES.get(table))
        late = [Late(self.days(table, series, day, landed.now()), series) for series, day in newest.items()]
        return min(late, key=lambda one: (-one.days, one.series or ""), default=None)

    def days(self, table: str, series: str | None, newest: dt.date, now: dt.datetime) -> int:
        """Whole days from the release of the row after `newest` to `now` (UTC); 0 before it."""
        due = self.due_at(table, series, newest)
        return 0 if due is None else max(0, (now - due).days)

    def due_at(self, table: str, series: str | None, newest: dt.date) -> dt.datetime | None:
        """UTC instant at which the row after `newest` is due; None where none is: the history has ended, or
        no seed knows the series."""
        table = SAME_REPORT.get(table, table)
        if table in self._ended and newest == self._ended[table]:
            return None
        if table in self._silences:
            return dt.datetime.combine(newest, dt.time()) + dt.timedelta(days=self._silences[table] + 1)
        described = self._series[table].get(series or "", {}) if table in self._series else {}
        rule = described.get("release_rule") if table in self._series else self._rules.get(table)
        if not rule or described.get("is_active") == "false":
            return None
        return self._releases.published_at(rule, self._next(table, described, newest))

    def _next(self, table: str, described: Mapping[str, str], newest: dt.date) -> dt.date:
        """Date of the row after `newest`."""
        if table == "databento/ohlcv_1d":
            return self._releases.next_session(newest)
        frequency = described.get("frequency")
        if frequency == "daily":
            every_day = described.get("has_weekends") == "true"
            return newest + dt.timedelta(days=1) if every_day else self._releases.next_business_day(newest)
        days, months = STEPS_OF_FREQUENCY.get(frequency) or LONGEST_STEPS.get(table) or self._steps[table]
        return first_of_month(newest, months) if months else newest + dt.timedelta(days=days)

    @cached_property
    def _rules(self) -> dict[str, str]:
        """The release rule of each table that has only one."""
        tables = [(row["source_table"].replace(".", "/"), name) for name, row in self._releases.rules.items()]
        names = [table for table, _ in tables]
        return {table: name for table, name in tables if names.count(table) == 1}

    @cached_property
    def _cadences(self) -> list[tuple[str, dict[str, str]]]:
        """Rows that say when the next row of a table is due, and where its history ends."""
        return [(row["source_table"].replace(".", "/"), row) for row in seed_rows("cadences")]

    @cached_property
    def _steps(self) -> dict[str, tuple[int, int]]:
        """Days and months to the next row of a table."""
        return {table: (int(row["step_days"]), int(row["step_months"])) for table, row in self._cadences}

    @cached_property
    def _ended(self) -> dict[str, dt.date]:
        """Last date of the tables that are declared ended."""
        return {
            table: dt.date.fromisoformat(row["ended_on"]) for table, row in self._cadences if row["ended_on"]
        }

    @cached_property
    def _silences(self) -> dict[str, int]:
        """Days of silence of a feed before freshness warns."""
        days: dict[str, int] = {}
        for row in seed_rows("quality_limits"):
            table = row["source_table"].replace(".", "/")
            if table.endswith("/articles") and row["check_name"] == "is_fresh":
                days[table] = max(int(row["warn_limit"]), days.get(table, 0))
        return days
