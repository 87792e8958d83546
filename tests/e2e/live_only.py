"""Sound deliveries of the tables the sample has no files of, made from its own: positions of every mapped
contract (the sample's soybean oil under each code) and round quantities of every feedstock."""

from pathlib import Path

import duckdb

SEEDS = Path(__file__).parents[2] / "seeds"
ROWS = {
    "cftc/cot_disaggregated": """
        select
            report_date, contracts.cftc_contract_code, contracts.report, market_name, open_interest,
            noncommercial_long as managed_money_long, noncommercial_short as managed_money_short,
            noncommercial_spread as managed_money_spread,
            open_interest - nonreportable_long as reportable_long,
            open_interest - nonreportable_short as reportable_short,
            nonreportable_long, nonreportable_short, ingested_at
        from '{landing}/cftc/cot_legacy/*.parquet' as positions
        cross join read_csv('{seeds}/cot_contracts.csv', all_varchar = true) as contracts
        where positions.cftc_contract_code = '007601' and report_date >= date '2023-01-01'
    """,
    # Soybean, corn and canola oil are the sum of their two parts. April is out on June's last business day.
    "eia/feedstocks": """
        select
            series_id, period::date as period,
            if(role = 'part', if(contains(series_id, 'D_YIFBP'), 400, 600), 1000)::double as value,
            unit,
            (select max(ingested_at) from '{landing}/cftc/cot_legacy/*.parquet') as ingested_at
        from read_csv('{seeds}/feedstocks.csv', all_varchar = true)
        cross join range(timestamp '2023-01-01', timestamp '2024-05-01', interval 1 month) as months (period)
    """,
}


def deliver_live_only(landing: Path) -> None:
    """Put both tables into a copy of the sample's landing folder."""
    for table, query in ROWS.items():
        (landing / table).mkdir(parents=True)
        rows = query.format(landing=landing, seeds=SEEDS)
        file = landing / table / "2023.parquet"
        duckdb.execute(f"copy ({rows}) to '{file}' (format parquet, kv_metadata {{origin: 'SYNTHETIC'}})")
