with

sessions as (select * from {{ ref('int_zl__sessions') }}),

bars as (select * from {{ ref('int_bars__roll_neutral') }} where symbol in ('ZL', 'ZS', 'CL', 'HG')),

series as (select * from {{ ref('int_series__editions') }} where series_id = 'fred.DEXBZUS'),

pairs as (
    select
        listed.left_id,
        listed.right_id
    from (
        values ('ZL', 'CL'), ('ZS', 'HG'), ('ZL', 'fred.DEXBZUS')
    ) as listed (left_id, right_id)
),

returns as (
    select symbol as series_id, edition_at, trade_date as period_date, return_log, published_at
    from bars
    union all
    select
        series_id,
        edition_at,
        period_date,
        {{ log_change(
            'value', 'lag(value) over (partition by series_id, edition_at order by period_date)'
        ) }} as return_log,
        published_at
    from series
),

editions as (select distinct series_id, edition_at from returns),

left_in_force as (
    select axis.*, editions.edition_at as left_edition_at
    from (select as_of_date, as_of_at, session_index, left_id, right_id from sessions cross join pairs) as axis
    asof inner join editions on axis.left_id = editions.series_id and axis.as_of_at >= editions.edition_at
),

in_force as (
    select left_in_force.*, editions.edition_at as right_edition_at
    from left_in_force
    asof inner join editions
        on left_in_force.right_id = editions.series_id and left_in_force.as_of_at >= editions.edition_at
),

edition_pairs as (
    select distinct left_id, right_id, left_edition_at, right_edition_at from in_force
),

-- Common dates only: a day that one side did not trade is no pair, and a pair is known when its later side is.
common_dates as (
    select
        edition_pairs.*,
        left_returns.period_date,
        left_returns.return_log as left_return_log,
        right_returns.return_log as right_return_log,
        greatest(left_returns.published_at, right_returns.published_at) as published_at
    from edition_pairs
    inner join returns as left_returns
        on
            edition_pairs.left_id = left_returns.series_id
            and edition_pairs.left_edition_at = left_returns.edition_at
    inner join returns as right_returns
        on
            edition_pairs.right_id = right_returns.series_id
            and edition_pairs.right_edition_at = right_returns.edition_at
            and left_returns.period_date = right_returns.period_date
    where left_returns.return_log is not null and right_returns.return_log is not null
),

{%- set pair = 'left_id, right_id, left_edition_at, right_edition_at' %}

windows as (
    select
        *,
        {{ trailing('left_return_log', 90, 'period_date', pair) }} as left_90,
        {{ trailing('right_return_log', 90, 'period_date', pair) }} as right_90
    from common_dates
    qualify row_number() over (partition by {{ pair }}, published_at order by period_date desc) = 1
),

correlations as (
    select
        {{ pair }},
        {%- for n in [30, 60, 90] %}
        {{ correlation(last_of('left_90', n), last_of('right_90', n), n) }} as correlation_{{ n }}d,
        {%- endfor %}
        period_date,
        published_at
    from windows
),

result as (
    select
        in_force.as_of_date,
        in_force.left_id,
        in_force.right_id,
        correlations.correlation_30d,
        correlations.correlation_60d,
        correlations.correlation_90d,
        date_diff('day', correlations.period_date, in_force.as_of_date)::double as age_days
    from in_force
    asof inner join correlations
        on
            in_force.left_id = correlations.left_id
            and in_force.right_id = correlations.right_id
            and in_force.left_edition_at = correlations.left_edition_at
            and in_force.right_edition_at = correlations.right_edition_at
            and in_force.as_of_at >= correlations.published_at
    where date_diff('day', correlations.period_date, in_force.as_of_date) <= {{ carry_days('daily') }}
)

select * from result
