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

edition_openings as (

    select distinct edition_at from bars

),

closes as (

    select
        newest.trade_date,
        trading_calendar.close_at
    from bars as newest
    inner join trading_calendar on newest.trade_date = trading_calendar.trade_date
    where newest.edition_at = (select max(edition_at) from bars)

),

in_force as (

    select
        closes.trade_date,
        closes.close_at,
        edition_openings.edition_at
    from closes
    asof inner join edition_openings on closes.close_at >= edition_openings.edition_at

),

-- A session whose bar was refused at its close and corrected later made no forecast: it has its place in the prices
-- of later editions, none on the axis.
known_at_its_close as (

    select
        in_force.trade_date,
        in_force.close_at,
        in_force.edition_at,
        bars.close
    from in_force
    inner join bars on in_force.trade_date = bars.trade_date and in_force.edition_at = bars.edition_at

),

result as (

    select
        trade_date as as_of_date,
        row_number() over (order by trade_date)::integer as session_index,
        close_at as as_of_at,
        close as close_cents_per_lb,
        edition_at as zl_edition_at,
        trade_date = max(trade_date) over () as is_latest
    from known_at_its_close

)

select * from result
order by as_of_date
