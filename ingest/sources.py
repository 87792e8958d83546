"""The sources there are, in the order `zl ingest --all` goes through them."""

from __future__ import annotations

from ingest import news
from ingest.source import Source

SOURCES: dict[str, Source] = {source.name: source for source in (news.FARM_POLICY_NEWS, news.FARMDOC_DAILY)}
