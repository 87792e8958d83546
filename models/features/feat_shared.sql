with

sessions as (select * from {{ ref('int_zl__sessions') }}),

bars as (select * from {{ ref('int_bars__roll_neutral') }} where symbol = 'ZL'),

days as (
    select
        edition_at,
        session_index,
        trade_date,
        adj_close,
        return_log,
        volume::double as volume,
        adj_close - lag(adj_close) over (partition by edition_at order by session_index) as change
    from bars
),

-- 250 sessions hold all that a recursion remembers: what is cut off weighs less than one part in a million.
windows as (
    select
        *,
        {{ trailing('adj_close', 250, 'session_index', 'edition_at') }} as closes_250,
        {{ trailing('return_log', 63, 'session_index', 'edition_at') }} as returns_63,
        {{ trailing('volume', 21, 'session_index', 'edition_at') }} as volumes_21,
        list(greatest(change, 0)) filter (where change is not null) over last_250 as gains_250,
        list(greatest(-change, 0)) filter (where change is not null) over last_250 as losses_250
    from days
    window
        last_250 as (
            partition by edition_at order by session_index
            rows between 249 preceding and current row
        )
),

averages as (
    select
        *,
        {{ ema('closes_250', 12) }} as ema_12,
        {{ ema('closes_250', 26) }} as ema_26,
        {{ wilder_mean('gains_250', 14) }} as mean_gain,
        {{ wilder_mean('losses_250', 14) }} as mean_loss,
        list_avg({{ last_of('closes_250', 20) }}) as mean_20,
        list_stddev_pop({{ last_of('closes_250', 20) }}) as sd_20
    from windows
),

oscillators as (
    select
        *,
        {{ ppo('ema_12', 'ema_26') }} as ppo
    from averages
),

oscillator_windows as (
    select
        *,
        list(ppo) filter (where ppo is not null) over (
            partition by edition_at order by session_index
            rows between 249 preceding and current row
        ) as ppos_250
    from oscillators
),

measures as (
    select
        edition_at,
        trade_date,
        {%- for n in [5, 21, 63] %}
        {{ sum_of_returns(last_of('returns_63', n), n) }} as zl_return_log_{{ n }}d,
        {%- endfor %}
        {%- for n in [5, 10, 21, 50, 200] %}
        case
            when 2 * len({{ last_of('closes_250', n) }}) >= {{ n }}
                then {{ log_change('adj_close', 'list_avg(' ~ last_of('closes_250', n) ~ ')') }}
        end as zl_distance_to_mean_log_{{ n }}d,
        {%- endfor %}
        {{ rsi('mean_gain', 'mean_loss') }} as zl_rsi_14d,
        ppo as zl_ppo_pct_12d_26d,
        {{ ema('ppos_250', 9) }} as zl_ppo_signal_pct_9d,
        case when len(closes_250) >= 20 then {{ bollinger_percent_b('adj_close', 'mean_20', 'sd_20') }} end
            as zl_bollinger_percent_b_frac_20d,
        case when len(closes_250) >= 20 then {{ bollinger_width('mean_20', 'sd_20') }} end as zl_bollinger_width_frac_20d,
        {{ zscore('volume', 'volumes_21', 21) }} as zl_volume_zscore_21d
    from oscillator_windows
),

result as (
    select
        sessions.as_of_date,
        measures.* exclude (edition_at, trade_date),
        sin(2 * pi() * dayofyear(sessions.as_of_date) / 365.25) as day_of_year_sin,
        cos(2 * pi() * dayofyear(sessions.as_of_date) / 365.25) as day_of_year_cos
    from sessions
    left join measures
        on sessions.as_of_date = measures.trade_date and sessions.zl_edition_at = measures.edition_at
)

select * from result
