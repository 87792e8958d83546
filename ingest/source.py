"""What a source is, and what its `fetch` is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pandas as pd

from ingest.client import Client
from ingest.keys import Key
from ingest.landed import Landed

T = TypeVar("T")

Batch = tuple[str, pd.DataFrame]
"""A landing table's name and rows in its contract, without `ingested_at`."""


@dataclass(frozen=True)
class Source:
    """A publisher: its tables, its address, its key, and how its answers become rows.

    `fetch` yields batches in which the rows of one series come oldest first, so that whatever has landed
    when a run is killed is a whole beginning, and the next run goes on behind it. `look_back_days` is how
    far behind the newest landed date a run asks again: as long as the publisher is known to revise.
    """

    name: str
    tables: tuple[str, ...]
    base: str
    first_date: dt.date
    look_back_days: int
    fetch: Callable[[Request], Iterator[Batch]]
    key: Key | None = None
    pause: float = 0.0
    """Least seconds between two requests, by the publisher's limit."""

    @property
    def publisher(self) -> str:
        """Folder its tables land in; several sources of one publisher (`usda`) share it."""
        return self.tables[0].split("/")[0]

    @property
    def base_variable(self) -> str:
        """Variable that names another address (a mirror, a proxy)."""
        return f"ZL_{self.name.upper()}_URL"


@dataclass
class Request:
    """One run of one source: the period asked for, the key, the address, and what has landed.

    `since` and `until` are dates of observations (inclusive); `since` is None unless the user gave it.
    """

    source: Source
    landed: Landed
    since: dt.date | None
    until: dt.date
    key: str | None
    base: str
    in_a_hurry: bool = False
    """No pause before requests and hardly any before retries: for a server of one's own."""
    variables: Mapping[str, str] = field(default_factory=dict)
    on_step: Callable[[int, int, str], None] = lambda done, total, what: None
    notes: list[str] = field(default_factory=list)
    """What the table at the end should say of this run; no error."""

    def client(self, headers: Mapping[str, str] | None = None) -> Client:
        """A client of the source's address, paced as the source asks; close it (`with`)."""
        return Client(
            self.base,
            secrets=[self.key] if self.key else [],
            headers=headers,
            pause=0.0 if self.in_a_hurry else self.source.pause,
            first_wait=self.first_wait,
        )

    @property
    def first_wait(self) -> float:
        """First pause before a retry, in seconds."""
        return 0.01 if self.in_a_hurry else 1.0

    def start(self, table: str, **match: object) -> dt.date:
        """First date to ask for: `since`, or `look_back_days` before the newest landed date, or the
        source's first."""
        return self.since or self.start_behind(self.landed.newest_date(table, **match))

    def start_behind(self, newest: dt.date | None) -> dt.date:
        """First date to ask for of what has landed up to `newest`; `since` goes before."""
        if self.since is not None:
            return self.since
        if newest is None:
            return self.source.first_date
        return max(self.source.first_date, newest - dt.timedelta(days=self.source.look_back_days))

    def steps(self, things: Sequence[T], name: Callable[[T], str] = str) -> Iterator[T]:
        """Go through `things`, telling the progress bar which one is being fetched."""
        for number, thing in enumerate(things):
            self.on_step(number, len(things), name(thing))
            yield thing
        self.on_step(len(things), len(things), "")
