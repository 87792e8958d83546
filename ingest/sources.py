"""The sources there are, in the order `zl ingest --all` goes through them."""

from __future__ import annotations

from ingest import cftc, databento, eia, epa, fred, news, usda_export_sales, usda_nass_crush, usda_wasde
from ingest.source import Source

SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        databento.SOURCE,
        fred.SOURCE,
        eia.SOURCE,
        epa.SOURCE,
        usda_export_sales.SOURCE,
        usda_nass_crush.SOURCE,
        usda_wasde.SOURCE,
        cftc.SOURCE,
        news.FARM_POLICY_NEWS,
        news.FARMDOC_DAILY,
    )
}
