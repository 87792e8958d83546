with

versions as (

    select * from {{ ref('int_databento_ohlcv_1d__versions') }}

),

valid_versions as (

    select * from versions
    where quarantine_reason is null

),

bars as (

    {{ editions('valid_versions', ['symbol'], ['trade_date']) }}

),

ordered_bars as (

    select
        *,
        (row_number() over series)::integer as session_index,
        coalesce(lag(instrument_id) over series != instrument_id, false) as is_roll,
        if(lag(instrument_id) over series = instrument_id, lag(close) over series, null) as previous_close,
        lag(close) over series is null as is_first
    from bars
    window series as (partition by symbol, edition_at order by trade_date)

),

returns as (

    -- on a roll the new contract's own move: only its front bar is known, hence close over open
    select
        *,
        case
            when is_first or close <= 0 then null
            when is_roll then if(open > 0, ln(close / open), null)
            else if(previous_close > 0, ln(close / previous_close), null)
        end as return_log
    from ordered_bars

),

cumulated as (

    -- whole multiples of 1e-15: a sum of integers is exact, so a row's last bit never depends on the rows around it
    select
        *,
        coalesce(sum((return_log * 1e15)::bigint) over series, 0)::double / 1e15 as cumulated_return_log,
        first_value(close) over series as first_close
    from returns
    window series as (partition by symbol, edition_at order by trade_date)

),

result as (

    select
        symbol,
        edition_at,
        trade_date,
        session_index,
        instrument_id,
        open,
        high,
        low,
        close,
        volume,
        is_roll,
        previous_close,
        return_log,
        first_close * exp(cumulated_return_log) as adj_close,
        published_at,
        known_at
    from cumulated

)

select * from result
order by symbol, edition_at, trade_date
