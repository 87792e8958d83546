"""Articles that land light up the features of the five buckets their categories speak about."""

import datetime as dt
import shutil

import news as pages
import pandas as pd
from builds import PROJECT, dbt, rows, scratch
from server import PublisherServer

from ingest.landed import Landed
from ingest.news import FARM_POLICY_NEWS, FARMDOC_DAILY
from ingest.run import ingest

SAMPLE = PROJECT / "landing" / "sample"
LAST_CLOSE = pd.Timestamp(2024, 6, 28, 18, 20)
# category -> headline of the last day; an article a fortnight before says nothing of the price.
TOLD = {
    "farm_policy_news": {
        "trade": "China buying of soybeans",
        "ethanol": "Refinery waivers granted",
        "budget": "Budget hearing",
        "regulations": "Docket opens",
        "immigration": "Visa talks",
    },
    "farmdoc_daily": {
        "rins": "Biodiesel mandate raised",
        "trade": "Partners threaten retaliation",
        "grain outlook": "Drought in the soybean belt",
        "interest rates": "Fed raises interest rates",
    },
}
# bucket -> net tone of the week, activity: an article a category in the last day, one in the 14 known before.
EXPECTED = {
    "tariff": ((1 - 1 + 0) / 3, 14.0),
    "china": ((1 - 1) / 2, 14.0),
    "biofuel": ((-1 + 0 + 1) / 3, 14.0),
    "fed": ((0 - 1) / 2, 14.0),
    "crush": (1.0, 14.0),
}


def told(name: str) -> dict[str, pd.DataFrame]:
    """Feeds of a page by path: an article two hours before the close, one a fortnight older, and one after
    the close that no forecast of that day may know."""
    return {
        pages.FEEDS[name][category]: pd.DataFrame(
            [
                (f"https://example.org/{name}/{category}/{title}", title, LAST_CLOSE + after)
                for title, after in (
                    ("Drought after the close", pd.Timedelta(minutes=1)),
                    (headline, pd.Timedelta(hours=-2)),
                    ("Survey notes", pd.Timedelta(days=-15)),
                )
            ],
            columns=["url", "title", "published_at"],
        )
        for category, headline in TOLD[name].items()
    }


def test_landed_articles_are_features_of_the_last_session(tmp_path):
    live, landing = tmp_path / "live", tmp_path / "landing"
    with PublisherServer({name: pages.site(told(name)) for name in TOLD}) as server:
        landed = Landed(live, now=lambda: dt.datetime(2024, 7, 1, 6))
        outcomes = ingest(
            [FARM_POLICY_NEWS, FARMDOC_DAILY], live, server.variables(), landed=landed, in_a_hurry=True
        )
    assert [outcome.error for outcome in outcomes] == [None, None]
    shutil.copytree(SAMPLE, landing)
    for name in TOLD:
        shutil.rmtree(landing / name)
        shutil.copytree(live / name, landing / name)
    db = tmp_path / "zl.duckdb"
    build = dbt(
        "build",
        "--select",
        *(f"+feat_{bucket}" for bucket in EXPECTED),
        "--exclude-resource-type",
        "test",
        "unit_test",
        db=db,
        variables={"landing": str(landing)},
    )
    assert build.code == 0, build.output
    for bucket, expected in EXPECTED.items():
        columns = f"{bucket}_news_net_tone_7d, {bucket}_news_activity_21d"
        (found,) = rows(
            scratch(db), f"select {columns} from features.feat_{bucket} where as_of_date = date '2024-06-28'"
        )
        assert found == expected, bucket
        (n_before,) = rows(
            scratch(db),
            f"select count({bucket}_news_net_tone_7d) from features.feat_{bucket} "
            "where as_of_date < date '2024-06-13'",
        )
        assert n_before == (0,), "NULL, not 0, before there were articles"
