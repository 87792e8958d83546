{{ config(post_hook="{{ say_quarantined('databento.ohlcv_1d', ['symbol', 'trade_date']) }}") }}
{#- What makes a bar thin, and of how many bars a usual volume or level is known. -#}
{%- set thin_share, min_bars = 0.03, 20 %}

with

deliveries as (

    select * from {{ ref('raw_databento__ohlcv_1d') }}

),

symbols as (

    select * from {{ ref('symbols') }}

),

sessions as (

    select * from {{ ref('trading_calendar') }}

),

judged as (

    select
        deliveries.*,
        symbols.release_rule,
        symbols.max_abs_return_log,
        symbols.max_abs_level_log,
        case
            when
                deliveries.symbol is null
                or deliveries.trade_date is null
                or deliveries.ingested_at is null
                then 'missing_key'
            when symbols.release_rule is null then 'unknown_symbol'
            when
                {{ is_missing([
                    'deliveries.open', 'deliveries.high', 'deliveries.low', 'deliveries.close', 'deliveries.volume',
                    'deliveries.instrument_id'
                ]) }}
                then 'missing_value'
            when
                {{ is_not_finite(['deliveries.open', 'deliveries.high', 'deliveries.low', 'deliveries.close']) }}
                then 'not_finite'
            when deliveries.trade_date > deliveries.ingested_at::date then 'dated_after_delivery'
            when
                isodow(deliveries.trade_date) > 5
                or (symbols.closes_with_grains and sessions.trade_date is null)
                or deliveries.trade_date < (select min(sessions.trade_date) from sessions)
                then 'not_a_session'
            when
                deliveries.low > least(deliveries.open, deliveries.close)
                or deliveries.high < greatest(deliveries.open, deliveries.close)
                or deliveries.volume < 0 then 'impossible_bar'
            when deliveries.low < symbols.min_price or deliveries.high > symbols.max_price then 'price_out_of_bounds'
            when
                symbols.is_held_to_tick
                and (
                    {{ is_off_grid('deliveries.open', 'symbols.tick_size') }}
                    or {{ is_off_grid('deliveries.high', 'symbols.tick_size') }}
                    or {{ is_off_grid('deliveries.low', 'symbols.tick_size') }}
                    or {{ is_off_grid('deliveries.close', 'symbols.tick_size') }}
                ) then 'off_tick'
        end as own_reason
    from deliveries
    left join symbols on deliveries.symbol = symbols.symbol
    left join sessions on deliveries.trade_date = sessions.trade_date

),

released as (

    {{ with_published_at('judged', 'trade_date') }}

),

-- A bar fetched while its session was open is no delivery of the session: the whole bar that follows comes first.
whole as (

    select * from released
    where ingested_at >= published_at or own_reason is not null or published_at is null

),

partial as (

    select
        *,
        1 - row_number() over (partition by symbol, trade_date order by ingested_at desc, _file asc) as version_number
    from released
    where ingested_at < published_at and own_reason is null

),

versions as (

    {{ versions('whole', ['symbol', 'trade_date'], ['instrument_id', 'open', 'high', 'low', 'close', 'volume']) }}

),

-- A bar is measured against the first deliveries of the days before it: a revision never changes an old verdict.
first_deliveries as (

    select
        *,
        median(volume) over earlier as usual_volume_contracts,
        count(volume) over earlier as n_earlier,
        min(close) over last_six = max(close) over last_six and count(close) over last_six = 6 as is_stale
    from versions
    where version_number = 1 and symbol is not null and trade_date is not null
    window
        earlier as (partition by symbol order by trade_date rows between 60 preceding and 1 preceding),
        last_six as (partition by symbol order by trade_date rows between 5 preceding and current row)

),

sound_bars as (

    select
        symbol,
        trade_date,
        instrument_id,
        close,
        median(close) over (
            partition by symbol order by trade_date rows between 4 preceding and current row
        ) as level_of_five,
        median(close) over (
            partition by symbol order by trade_date rows between 59 preceding and current row
        ) as level_of_sixty,
        count(*) over (
            partition by symbol order by trade_date rows between 59 preceding and current row
        ) as n_bars
    from first_deliveries
    where
        own_reason is null
        and not is_conflict
        and (n_earlier < {{ min_bars }} or volume >= {{ thin_share }} * usual_volume_contracts)

),

measured as (

    select
        versions.*,
        first_deliveries.usual_volume_contracts,
        first_deliveries.n_earlier,
        -- a correction to another close is no repeat
        first_deliveries.is_stale and versions.close = first_deliveries.close as is_stale,
        sound_bars.level_of_five,
        sound_bars.level_of_sixty,
        sound_bars.n_bars,
        case
            when versions.own_reason is not null then null
            when versions.close <= 0 or versions.open <= 0 or sound_bars.close <= 0 then null
            when versions.instrument_id = sound_bars.instrument_id then abs(ln(versions.close / sound_bars.close))
            else abs(ln(versions.close / versions.open))
        end as abs_return_log
    from versions
    left join first_deliveries
        on versions.symbol = first_deliveries.symbol and versions.trade_date = first_deliveries.trade_date
    asof left join sound_bars
        on versions.symbol = sound_bars.symbol and versions.trade_date > sound_bars.trade_date

),

result as (

    select
        symbol,
        trade_date,
        instrument_id,
        open,
        high,
        low,
        close,
        volume,
        usual_volume_contracts,
        published_at,
        known_at,
        ingested_at,
        version_number,
        case
            when own_reason is not null then own_reason
            when is_conflict then 'conflicting_duplicate'
            when n_earlier >= {{ min_bars }} and volume < {{ thin_share }} * usual_volume_contracts then 'wrong_contract_volume'
            when
                n_bars >= {{ min_bars }}
                and close > 0 and level_of_sixty > 0
                and abs(ln(close / level_of_sixty)) >= max_abs_level_log then 'price_out_of_bounds'
            -- a jump away from both yesterday and the last week: the bar after a wrong one is not blamed for it
            when
                abs_return_log >= max_abs_return_log
                and abs(ln(close / level_of_five)) >= max_abs_return_log then 'return_out_of_bounds'
            when is_stale then 'stale_repeat'
        end as quarantine_reason,
        _file
    from measured
    where {{ known_by_cut('known_at') }}

    union all by name

    select
        symbol,
        trade_date,
        instrument_id,
        open,
        high,
        low,
        close,
        volume,
        published_at,
        published_at as known_at,
        ingested_at,
        version_number,
        'delivered_before_close' as quarantine_reason,
        _file
    from partial
    where {{ known_by_cut('published_at') }}

)

select * from result
