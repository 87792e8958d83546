with

sessions as (select * from {{ ref('int_zl__sessions') }}),

bars_as_known as (select * from {{ ref('int_bars__as_known') }}),

coupling as (select * from {{ ref('int_returns__correlations') }} where left_id = 'ZL' and right_id = 'CL'),

legs as (
    select
        {%- for root in ['cl', 'ho', 'rb', 'ng'] %}
        max(close) filter (where symbol = '{{ root | upper }}') as {{ root }},
        max(trade_date) filter (where symbol = '{{ root | upper }}') as {{ root }}_date,
        max(return_log_21d) filter (where symbol = '{{ root | upper }}') as {{ root }}_return_log_21d,
        max(return_log_63d) filter (where symbol = '{{ root | upper }}') as {{ root }}_return_log_63d,
        max(age_days) filter (where symbol = '{{ root | upper }}') as {{ root }}_age_days,
        {%- endfor %}
        as_of_date
    from bars_as_known
    group by as_of_date
),

-- Crude, ULSD and gasoline of one venue: all legs of the same trade date, or no crack.
cracks as (
    select
        sessions.as_of_date,
        sessions.session_index,
        legs.* exclude (as_of_date),
        case
            when legs.rb_date = legs.cl_date and legs.ho_date = legs.cl_date
                then {{ crack_321('legs.rb', 'legs.ho', 'legs.cl') }}
        end as crack_321,
        case when legs.ho_date = legs.cl_date then {{ ho_crack('legs.ho', 'legs.cl') }} end as ho_crack
    from sessions
    left join legs on sessions.as_of_date = legs.as_of_date
),

crack_windows as (
    select
        *,
        {{ trailing('crack_321', 252, 'session_index') }} as crack_321_252,
        {{ trailing('ho_crack', 252, 'session_index') }} as ho_crack_252
    from cracks
),

result as (
    select
        crack_windows.as_of_date,
        crack_windows.crack_321 as crack_321_usd_per_bbl,
        {{ zscore('crack_windows.crack_321', 'crack_windows.crack_321_252', 252) }} as crack_321_zscore_252d,
        crack_windows.ho_crack as ho_crack_usd_per_bbl,
        {{ zscore('crack_windows.ho_crack', 'crack_windows.ho_crack_252', 252) }} as ho_crack_zscore_252d,
        crack_windows.cl_return_log_21d,
        crack_windows.cl_return_log_63d,
        crack_windows.ho_return_log_21d,
        crack_windows.ho_return_log_63d,
        crack_windows.ng_return_log_21d,
        crack_windows.ng_return_log_63d,
        coupling.correlation_60d as cl_zl_correlation_60d,
        coupling.correlation_90d as cl_zl_correlation_90d,
        crack_windows.cl_age_days,
        crack_windows.ho_age_days,
        crack_windows.rb_age_days,
        crack_windows.ng_age_days
    from crack_windows
    left join coupling on crack_windows.as_of_date = coupling.as_of_date
)

select * from result
