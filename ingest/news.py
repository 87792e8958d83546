"""Articles of two University of Illinois pages, from the RSS feeds of their categories; no key.

What: url, title, time and category of an article and our own score of it (`ingest/news_score.py`). Its text
is copyrighted and never stored; the summary is read for the score and forgotten.
Where: WordPress, `<page>/category/<path>/feed/`, RSS 2.0, newest first, ten articles a page (the page's
setting); `?paged=2` is the page before, and 404 the end. The paths of farmdoc daily's RINs were found in use
elsewhere; all others are the page's address without its host (confirm).
When public: `pubDate`, with its zone; the article's own instant is its release (UTC here).
Missing: nothing may be. An entry without title, link or date, a date without a zone or later than now, a
feed without entries, or one that tells a page twice, is an error that names it. (An article dated ahead would
be quarantined; landed once, it would say nothing new when its time has come.)

Key: the link, as https, without fragment and tracking parameters. An article that stands in several feeds is
one row, of the category that comes first in seeds/news_categories.csv: feeds are asked in that order, and an
article that has landed under an earlier category keeps it. So a rerun never flips it; only an editor who
files it under an earlier category later does, as a revision.
Limit: each feed is read back to its own newest landed row, so that a killed backfill goes on where it was; a
category whose articles all stand in earlier ones is read back further than needed.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import feedparser
import pandas as pd

from ingest.client import Client
from ingest.errors import NotFoundError, UnexpectedAnswerError
from ingest.news_score import SCORER_VERSION, plain, tone
from ingest.seeds import seed_rows
from ingest.source import Batch, Request, Source

# category of seeds/news_categories.csv -> path of its feed
FARM_POLICY_NEWS_FEEDS = {
    "trade": "trade",
    "ethanol": "ethanol",
    "budget": "budget",
    "regulations": "regulations",
    "immigration": "immigration",
}
FARMDOC_DAILY_FEEDS = {
    "rins": "areas/biofuels/rins",
    "trade": "areas/agricultural-policy/trade",
    "grain outlook": "areas/marketing-and-outlook/grain-outlook",
    "interest rates": "areas/finance/interest-rates",
}
MOST_PAGES = 5_000
TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid")
COLUMNS = ("url", "title", "published_at", "category", "source", "tone", "scorer_version")


def fetch(feeds: Mapping[str, str], request: Request) -> Iterator[Batch]:
    """One batch a category, oldest article first."""
    name = request.source.name
    (table,) = request.source.tables
    order = categories(name)
    ranks = {category: rank for rank, category in enumerate(order)}
    with request.client() as client:
        for category in request.steps(order):
            start = request.start(table, category=category)
            where = f"{name}, feed {category}"
            articles = _articles(client, feeds[category], start, request.landed.now(), where)
            landed = request.landed.newest_rows(table)
            filed = dict(zip(landed["url"], landed["category"], strict=True))
            rows = [
                {
                    **article,
                    # what has landed under a category the seed no longer lists gets a new one
                    "category": min(
                        category,
                        filed.get(article["url"], category),
                        key=lambda one: ranks.get(one, len(ranks)),
                    ),
                    "source": name,
                    "scorer_version": SCORER_VERSION,
                }
                for article in articles
                if start <= article["published_at"].date() <= request.until
            ]
            frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"published_at": "datetime64[us]"})
            yield table, frame.sort_values(["published_at", "url"])


def categories(feed: str) -> list[str]:
    """Categories of a feed, in the order of seeds/news_categories.csv: the first one wins."""
    return list(dict.fromkeys(row["category"] for row in seed_rows("news_categories") if row["feed"] == feed))


def canonical(url: str) -> str:
    """The address an article goes by: https, without fragment and tracking parameters; "" for what is no
    web address."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not name.lower().startswith(TRACKING)
    ]
    return urlunsplit(("https", parts.netloc.lower(), parts.path, urlencode(kept), ""))


def _articles(client: Client, path: str, start: dt.date, now: dt.datetime, where: str) -> list[dict]:
    """Articles of a feed, newest first, back to the page that ends before `start` or to the feed's end."""
    articles: dict[str, dict] = {}
    pages: set[frozenset[str]] = set()
    for page in range(1, MOST_PAGES + 1):
        try:
            content = client.content(
                f"category/{path}/feed/", {"paged": page} if page > 1 else None, is_whole=_is_whole
            )
        except NotFoundError:
            if page == 1:
                raise
            return list(articles.values())
        told = [_article(entry, now, where) for entry in _entries(content, f"{where}, page {page}")]
        urls = frozenset(article["url"] for article in told)
        if urls in pages:
            raise UnexpectedAnswerError(f"{where}: page {page} tells an earlier page again")
        pages.add(urls)
        # An article that appears between two requests moves the others on: some stand on both pages.
        for article in told:
            articles.setdefault(article["url"], article)
        if told[-1]["published_at"].date() < start:
            return list(articles.values())
    raise UnexpectedAnswerError(f"{where}: expected an end, found {MOST_PAGES} pages and more")


def _is_whole(content: bytes) -> bool:
    return b"<rss" not in content or b"</rss>" in content


def _entries(content: bytes, where: str) -> Sequence[feedparser.FeedParserDict]:
    # A stream: feedparser would fetch what looks like an address. Summaries are never shown.
    parsed = feedparser.parse(io.BytesIO(content), sanitize_html=False, resolve_relative_uris=False)
    if not parsed.version.startswith("rss"):
        found = parsed.version or repr(content[:60].decode(errors="replace"))
        raise UnexpectedAnswerError(f"{where}: expected RSS, found {found}")
    if parsed.bozo and not isinstance(parsed.bozo_exception, feedparser.CharacterEncodingOverride):
        raise UnexpectedAnswerError(f"{where}: expected well-formed XML, found {parsed.bozo_exception}")
    if not parsed.entries:
        raise UnexpectedAnswerError(f"{where}: expected items, found none")
    return parsed.entries


def _article(entry: feedparser.FeedParserDict, now: dt.datetime, where: str) -> dict:
    """url, title, published_at and tone of an entry; without one of them it is an error."""
    title, link = plain(entry.get("title", "")), entry.get("link", "")
    named = f"{where}: the entry {title or link or entry.get('id', '')!r}"
    if not title:
        raise UnexpectedAnswerError(f"{named} has no title")
    url = canonical(link)
    if not url:
        raise UnexpectedAnswerError(f"{named} has no link to an article, found {link!r}")
    published_at = _instant(entry.get("published", ""), named)
    if published_at > now:
        raise UnexpectedAnswerError(f"{named} is dated {published_at} UTC, later than now; run again then")
    return {
        "url": url,
        "title": title,
        "published_at": published_at,
        "tone": tone(title, entry.get("summary", "")),
    }


def _instant(text: str, named: str) -> dt.datetime:
    """A date of RFC 822 as UTC without a zone."""
    try:
        instant = email.utils.parsedate_to_datetime(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise UnexpectedAnswerError(f"{named}: expected pubDate to be a date with its zone, found {text!r}")
    return instant.astimezone(dt.UTC).replace(tzinfo=None)


def _source(name: str, page: str, feeds: Mapping[str, str]) -> Source:
    return Source(
        name=name,
        tables=(f"{name}/articles",),
        base=page,
        first_date=dt.date(2010, 6, 7),
        look_back_days=7,  # headlines are corrected within days
        fetch=partial(fetch, feeds),
        pause=0.5,
    )


FARM_POLICY_NEWS = _source("farm_policy_news", "https://farmpolicynews.illinois.edu", FARM_POLICY_NEWS_FEEDS)
FARMDOC_DAILY = _source("farmdoc_daily", "https://farmdocdaily.illinois.edu", FARMDOC_DAILY_FEEDS)
