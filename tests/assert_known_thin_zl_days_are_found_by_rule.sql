-- The volume rule, recomputed on its own from the deliveries, finds exactly the quarantined ZL bars: no list, nothing else.
{{ config(tags=['dq_validity', 'databento']) }}
with volumes as (

    select
        trade_date,
        arg_min(volume, ingested_at) as volume
    from {{ ref('raw_databento__ohlcv_1d') }}
    where symbol = 'ZL' and trade_date <= (select max(as_of_date) from {{ ref('int_zl__sessions') }})
    group by trade_date

),

thin_days as (

    select trade_date
    from volumes
    window earlier as (order by trade_date rows between 60 preceding and 1 preceding)
    qualify
        count(*) over earlier >= 20
        and volume < 0.03 * median(volume) over earlier

),

refused_days as (

    select trade_date
    from {{ ref('int_databento_ohlcv_1d__versions') }}
    where symbol = 'ZL' and version_number = 1 and quarantine_reason = 'wrong_contract_volume'

)

select trade_date, 'thin but not quarantined' as trouble
from thin_days
where
    trade_date not in (
        select trade_date from {{ ref('int_databento_ohlcv_1d__versions') }}
        where symbol = 'ZL' and quarantine_reason is not null
    )
union all
select trade_date, 'quarantined but not thin'
from refused_days
where trade_date not in (select trade_date from thin_days) and trade_date <= (select max(as_of_date) from {{ ref('int_zl__sessions') }})
