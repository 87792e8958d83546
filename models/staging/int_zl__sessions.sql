-- depends_on: {{ ref('trading_calendar') }}
{{ refuse_unknown_as_of() }}
with

bars as (

    select * from {{ ref('int_bars__roll_neutral') }}
    where symbol = 'ZL'

),

trading_calendar as (

    select * from {{ ref('trading_calendar') }}

),

newest_edition as (

    select
        bars.trade_date,
        bars.session_index,
        bars.close,
        trading_calendar.close_at
    from bars
    inner join trading_calendar on bars.trade_date = trading_calendar.trade_date
    where bars.edition_at = (select max(edition_at) from bars)

),

edition_openings as (

    select distinct edition_at from bars

),

in_force as (

    select
        newest_edition.*,
        edition_openings.edition_at
    from newest_edition
    asof left join edition_openings on newest_edition.close_at >= edition_openings.edition_at

),

result as (

    select
        in_force.trade_date as as_of_date,
        in_force.session_index,
        in_force.close_at as as_of_at,
        coalesce(bars.close, in_force.close) as close_cents_per_lb,
        in_force.edition_at as zl_edition_at,
        in_force.trade_date = max(in_force.trade_date) over () as is_latest
    from in_force
    left join bars on in_force.trade_date = bars.trade_date and in_force.edition_at = bars.edition_at

)

select * from result
order by as_of_date
