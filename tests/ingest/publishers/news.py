"""Two news pages, imitated: RSS 2.0 feeds of categories as WordPress serves them.

Written from the WordPress documentation ("WordPress Feeds", `get_category_feed_link`, the settings of
syndication feeds) and the RSS 2.0 specification: `/category/<path>/feed/`, newest first, `?paged=N` the N-th
page, a page of HTML with status 404 behind the last one and for an unknown category. Titles and summaries are
those of the landing files; nothing was copied from a publisher.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import format_datetime
from html import escape
from pathlib import Path

import duckdb
import pandas as pd
from server import Answer, Asked, landing_files

from ingest.news import FARM_POLICY_NEWS_FEEDS, FARMDOC_DAILY_FEEDS

PER_PAGE = 10
FEEDS = {"farm_policy_news": FARM_POLICY_NEWS_FEEDS, "farmdoc_daily": FARMDOC_DAILY_FEEDS}
TABLES = tuple(f"{name}/articles" for name in FEEDS)


def farm_policy_news(landing: Path, per_page: int = PER_PAGE) -> Callable[[Asked], Answer]:
    return _page_of(landing, "farm_policy_news", per_page)


def farmdoc_daily(landing: Path, per_page: int = PER_PAGE) -> Callable[[Asked], Answer]:
    return _page_of(landing, "farmdoc_daily", per_page)


PUBLISHERS = {"farm_policy_news": farm_policy_news, "farmdoc_daily": farmdoc_daily}


def _page_of(landing: Path, name: str, per_page: int) -> Callable[[Asked], Answer]:
    query = f"select * from {landing_files(landing, f'{name}/articles')} order by published_at desc, url"
    articles = duckdb.sql(query).df()
    by_category = dict(list(articles.groupby(articles["category"].str.lower())))
    return site({path: by_category.get(category) for category, path in FEEDS[name].items()}, per_page)


def site(feeds: dict[str, pd.DataFrame | None], per_page: int = PER_PAGE) -> Callable[[Asked], Answer]:
    """A page with feeds by path: frames of url, title, published_at (UTC), maybe summary; newest first."""

    def answer(asked: Asked) -> Answer:
        found = re.fullmatch(r"category/(.+)/feed/", asked.path)
        articles = feeds.get(found[1]) if found else None
        first = per_page * (int(asked.parameters.get("paged", "1")) - 1)
        if articles is None or first >= max(1, len(articles)):
            return Answer(b"<!DOCTYPE html><html><body>Page not found</body></html>", 404, "text/html")
        items = [item(**row) for row in articles.iloc[first : first + per_page].to_dict("records")]
        return Answer(rss(items), content_type="application/rss+xml; charset=UTF-8")

    return answer


def rss(items: list[str]) -> bytes:
    """A feed around items."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel>\n<title>Archive</title>\n'
        "<link>https://example.org</link>\n<description></description>\n"
        + "\n".join(items)
        + "\n</channel>\n</rss>\n"
    ).encode()


def item(url: str, title: str, published_at: pd.Timestamp, summary: str = "", **_: object) -> str:
    """One article, its text included as WordPress may do."""
    return (
        f"<item><title>{escape(title)}</title><link>{escape(url)}?utm_source=rss&#038;utm_medium=rss</link>"
        "<dc:creator><![CDATA[An author]]></dc:creator>"
        f"<pubDate>{format_datetime(published_at.tz_localize('UTC'))}</pubDate>"
        f'<guid isPermaLink="false">{escape(url)}</guid>'
        f"<description><![CDATA[<p>{summary} [&#8230;]</p>]]></description>"
        "<content:encoded><![CDATA[<p>The whole text: a drought that nobody stores.</p>]]></content:encoded>"
        "</item>"
    )
