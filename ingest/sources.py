"""The sources there are, in the order `zl ingest --all` goes through them."""

from __future__ import annotations

from ingest import cftc, eia, fred
from ingest.source import Source

SOURCES: dict[str, Source] = {module.SOURCE.name: module.SOURCE for module in (fred, eia, cftc)}
