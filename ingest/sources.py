"""The sources there are, in the order `zl ingest --all` goes through them."""

from __future__ import annotations

from ingest import databento, news
from ingest.source import Source

SOURCES: dict[str, Source] = {
    source.name: source for source in (databento.SOURCE, news.FARM_POLICY_NEWS, news.FARMDOC_DAILY)
}
