"""News: articles of the two pages land once, in their category, with our score; every fault ends in the right
rows or in a clear error."""

import datetime as dt
import itertools
from pathlib import Path

import duckdb
import news as pages
import pandas as pd
import pytest
from server import (
    Answer,
    PublisherServer,
    cut_connection,
    html_page,
    renamed,
    server_error,
    too_many_requests,
    truncated_body,
)

from ingest.landed import Landed
from ingest.news import (
    FARM_POLICY_NEWS,
    FARM_POLICY_NEWS_FEEDS,
    FARMDOC_DAILY,
    FARMDOC_DAILY_FEEDS,
    canonical,
    categories,
)
from ingest.news_score import SCORER_VERSION, tone
from ingest.run import Outcome, ingest

PROJECT = Path(__file__).parents[2]
SAMPLE = PROJECT / "landing" / "sample"
NAME = "farm_policy_news"
TABLE = f"{NAME}/articles"
NOW = dt.datetime(2024, 7, 1, 6)
SECONDS = itertools.count()  # no two files of one instant
FEEDS = tuple(FARM_POLICY_NEWS_FEEDS.values())
# Invented moods of the sample of which the label rules do not speak.
WITHOUT_A_RULE = ("Farm program funding", "Labor")


def article(number: int, title: str = "China buying of soybeans", **other: object) -> dict:
    """An article of a day in June 2024; a higher number is older."""
    instant = pd.Timestamp(2024, 6, 28, 15, 30) - pd.Timedelta(days=number)
    return {"url": f"https://example.org/{number}", "title": title, "published_at": instant, **other}


def site(**feeds: list[dict]):
    """The page with these articles by category; every other category holds one old article."""
    frames = {path: [article(900 + rank, "Old")] for rank, path in enumerate(FEEDS)} | feeds
    return pages.site({path: pd.DataFrame(rows) for path, rows in frames.items()}, per_page=3)


def run(folder: Path, server: PublisherServer, source=FARM_POLICY_NEWS, now=NOW, **period) -> Outcome:
    clock = (now + dt.timedelta(seconds=next(SECONDS)) for _ in itertools.count())
    landed = Landed(folder, now=lambda: next(clock))
    (outcome,) = ingest([source], folder, server.variables(), landed=landed, in_a_hurry=True, **period)
    return outcome


def rows(folder: Path, table: str = TABLE) -> list[tuple]:
    """Landed rows but for their `ingested_at`."""
    if not list((folder / table).glob("*.parquet")):
        return []
    return duckdb.sql(
        f"select * exclude (ingested_at) from read_parquet('{folder}/{table}/*.parquet') order by all"
    ).fetchall()


def titles(folder: Path) -> dict[str, str]:
    return {row[0].rsplit("/", 1)[1]: row[1] for row in rows(folder)}


@pytest.fixture
def busy():
    """Eight articles about trade on three pages, and one of each other category."""
    with PublisherServer({NAME: site(trade=[article(number) for number in range(8)])}) as server:
        yield server


@pytest.mark.parametrize("source", [FARM_POLICY_NEWS, FARMDOC_DAILY], ids=lambda source: source.name)
def test_the_sample_lands_whole_and_a_second_run_asks_for_the_last_days_only(tmp_path, source):
    (table,) = source.tables
    with PublisherServer({source.name: pages.PUBLISHERS[source.name](SAMPLE, per_page=100)}) as server:
        assert run(tmp_path, server, source).error is None
        files = list(tmp_path.rglob("*"))
        asked = len(server.asked[source.name])
        outcome = run(tmp_path, server, source)
        again = server.asked[source.name][asked:]
    assert outcome.new_rows == {table: 0} and list(tmp_path.rglob("*")) == files
    assert [one.parameters for one in again] == [{}] * len(categories(source.name))
    expected = [
        (url, title, at, category.lower(), feed, tone(title), SCORER_VERSION)
        for url, title, at, category, feed, _, _ in rows(SAMPLE, table)
    ]
    assert rows(tmp_path, table) == expected
    for _, title, _, _, _, mood, _ in rows(SAMPLE, table):
        assert tone(title) == mood or any(words in title for words in WITHOUT_A_RULE)


@pytest.mark.parametrize("feeds", [(NAME, FARM_POLICY_NEWS_FEEDS), ("farmdoc_daily", FARMDOC_DAILY_FEEDS)])
def test_every_category_of_the_seed_has_its_feed(feeds):
    name, paths = feeds
    assert list(paths) == categories(name)


@pytest.mark.parametrize("fault", [too_many_requests, server_error, cut_connection, truncated_body])
@pytest.mark.parametrize("after", [0, 2])
def test_a_passing_fault_costs_nothing(tmp_path, busy, fault, after):
    busy.fail(NAME, fault, times=2, after=after)
    assert run(tmp_path, busy).error is None
    assert len(titles(tmp_path)) == 12


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (server_error, "answered 503, 6 times in a row"),
        (truncated_body, "a body that ends early, 6 times in a row"),
        (html_page, "expected data, found an HTML page"),
        (lambda _: Answer(b'{"error": "no"}'), "expected RSS, found"),
        (lambda answer: Answer(answer.body.replace(b"</item>", b"", 1)), "expected well-formed XML"),
        (lambda _: Answer(pages.rss([])), "expected items, found none"),
        (renamed(b"item>", b"article>"), "expected items, found none"),
        (renamed(b"title>China", b"headline>China"), "expected well-formed XML"),
        (renamed(b"pubDate>", b"date>"), "expected pubDate to be a date with its zone, found ''"),
        (
            renamed(b" +0000", b""),
            "zone, found 'Fri, 28 Jun 2024 15:30:00'",
        ),
        (renamed(b"28 Jun 2024", b"32 Jun 2024"), "expected pubDate to be a date with its zone"),
        (renamed(b"28 Jun 2024", b"28 Jul 2024"), "dated 2024-07-28 15:30:00 UTC, later than now"),
        (renamed(b"<title>China buying of soybeans</title>", b"<title> </title>"), "has no title"),
        (renamed(b"<link>https://example.org/0", b"<link>/0"), "has no link to an article, found '/0"),
    ],
)
def test_a_page_that_cannot_be_trusted_lands_nothing_and_is_named(tmp_path, busy, fault, said):
    busy.fail(NAME, fault, times=None)
    outcome = run(tmp_path, busy)
    assert said in outcome.error and "\n" not in outcome.error
    assert "trade" in outcome.error
    assert rows(tmp_path) == []
    assert not list(tmp_path.rglob("*.part"))


def test_a_fault_on_a_later_page_lands_nothing_of_that_feed(tmp_path, busy):
    busy.fail(NAME, html_page, times=None, after=2)
    assert "HTML" in run(tmp_path, busy).error
    assert rows(tmp_path) == []


def test_a_page_that_comes_again_is_an_error(tmp_path):
    whole = site(trade=[article(number) for number in range(8)])

    def stuck(asked):
        return whole(asked if asked.parameters.get("paged") != "2" else type(asked)(asked.path, {}, {}))

    with PublisherServer({NAME: stuck}) as server:
        assert "page 2 tells an earlier page again" in run(tmp_path, server).error
    assert rows(tmp_path) == []


def test_an_article_that_moves_to_the_next_page_while_we_read_counts_once(tmp_path):
    before, after = ([article(number) for number in range(first, 8)] for first in (1, 0))
    asked_first = []

    def moving(asked):
        asked_first.append(asked)
        return site(trade=before if len(asked_first) == 1 else after)(asked)

    with PublisherServer({NAME: moving}) as server:
        assert run(tmp_path, server).error is None
        assert set(titles(tmp_path)) >= {str(number) for number in range(1, 8)}
        assert run(tmp_path, server).error is None  # what appeared meanwhile comes next time
    assert set(titles(tmp_path)) >= {str(number) for number in range(8)}
    assert len(rows(tmp_path)) == 12


def test_an_unknown_category_is_an_error_and_the_end_of_the_feed_is_none(tmp_path, busy):
    with PublisherServer({NAME: pages.site({})}) as server:
        assert "404" in run(tmp_path / "none", server).error
    assert run(tmp_path / "some", busy).error is None


def test_a_changed_headline_is_a_revision(tmp_path):
    feed = [article(number) for number in range(8)]
    with PublisherServer({NAME: site(trade=feed)}) as server:
        run(tmp_path, server)
    old = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    feed[1] = article(1, "China cancellation of soybeans")
    with PublisherServer({NAME: site(trade=feed)}) as server:
        assert run(tmp_path, server, now=NOW + dt.timedelta(hours=1)).new_rows == {TABLE: 1}
    assert all(path.read_bytes() == content for path, content in old.items())
    (new,) = set(tmp_path.rglob("*.parquet")) - set(old)
    told = duckdb.sql(f"select url, title, tone from read_parquet('{new}')").fetchall()
    assert told == [(feed[1]["url"], "China cancellation of soybeans", -1.0)]


def test_a_period_without_articles_lands_nothing_and_is_no_error(tmp_path, busy):
    outcome = run(tmp_path, busy, since=dt.date(2024, 1, 1), until=dt.date(2024, 1, 31))
    assert outcome.error is None and rows(tmp_path) == []


def test_a_period_is_read_between_its_days_inclusive(tmp_path, busy):
    run(tmp_path, busy, since=dt.date(2024, 6, 24), until=dt.date(2024, 6, 26))
    assert set(titles(tmp_path)) == {"2", "3", "4"}


@pytest.mark.parametrize("order", [("ethanol", "trade"), ("trade", "ethanol")])
def test_an_article_in_two_feeds_is_one_row_of_the_category_the_seed_names_first(tmp_path, order):
    shared = article(0)
    feeds = {name: [shared, article(10 + rank)] for rank, name in enumerate(order)}
    with PublisherServer({NAME: site(**feeds)}) as server:
        for _ in range(2):
            assert run(tmp_path, server).error is None
    assert [row[3] for row in rows(tmp_path) if row[0] == shared["url"]] == ["trade"]


def test_an_older_article_keeps_its_category_when_only_the_later_feed_still_tells_it(tmp_path):
    shared = article(20)
    feeds = {"trade": [article(0), shared], "ethanol": [shared]}
    with PublisherServer({NAME: site(**feeds)}) as server:
        run(tmp_path, server)
        assert run(tmp_path, server).new_rows == {TABLE: 0}
    with PublisherServer({NAME: site(**feeds | {"trade": [article(0)]})}) as server:
        assert run(tmp_path, server).new_rows == {TABLE: 0}


def test_an_article_of_a_category_that_left_the_seed_is_filed_anew(tmp_path):
    old = pd.DataFrame(
        [{**article(0), "category": "weather", "source": NAME, "tone": 1.0, "scorer_version": "0"}]
    )
    Landed(tmp_path, now=lambda: NOW).land(TABLE, old)
    with PublisherServer({NAME: site(budget=[article(0)])}) as server:
        assert run(tmp_path, server).error is None
    assert {row[3] for row in rows(tmp_path) if row[0] == article(0)["url"]} == {"weather", "budget"}


def test_a_run_killed_between_feeds_goes_on_as_if_nothing_had_been(tmp_path):
    shared = article(4)
    feeds = {
        "trade": [article(number) for number in (0, 1)] + [shared],
        "ethanol": [shared, article(40), article(41), article(42)],
    }
    with PublisherServer({NAME: site(**feeds)}) as server:
        run(tmp_path / "whole", server)
        server.fail(NAME, html_page, after=2)  # trade lands, ethanol does not
        assert run(tmp_path / "killed", server).error
        assert 0 < len(rows(tmp_path / "killed")) < len(rows(tmp_path / "whole"))
        assert run(tmp_path / "killed", server).error is None
    assert rows(tmp_path / "killed") == rows(tmp_path / "whole")


def test_only_the_score_of_a_summary_is_kept(tmp_path):
    told = article(0, "Weekly outlook", summary="A drought spreads, and nobody should store this sentence.")
    with PublisherServer({NAME: site(trade=[told])}) as server:
        run(tmp_path, server)
    (row,) = [row for row in rows(tmp_path) if row[0] == told["url"]]
    assert row[5] == 1.0
    assert not any(b"nobody" in path.read_bytes() for path in tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "http://Example.org/2024/06/a/?utm_source=rss&utm_medium=feed#more",
            "https://example.org/2024/06/a/",
        ),
        ("https://example.org/?p=12&fbclid=x", "https://example.org/?p=12"),
        (" https://example.org/a ", "https://example.org/a"),
        ("/2024/06/a", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_an_article_has_one_address(url, expected):
    assert canonical(url) == expected
