{#- Share of the weeks of a year in which a RIN that may stand for another is quoted below `ratio` times the other's price; weeks of
    the RIN's own year, in which both have a price. `check` is the test that asks: what is declared under it is left out. -#}
{% macro rin_weeks_below(check, d_code, other_d_code, ratio) -%}
    select
        'all' as quality_group,
        transfer_year,
        count(*) filter (where price_usd_per_rin < {{ ratio }} * other_usd_per_rin) / count(*) as measured,
        count(*) as n_cases
    from (
        select
            week_start_date,
            transfer_year,
            max(price_usd_per_rin) filter (where d_code = '{{ d_code }}') as price_usd_per_rin,
            max(price_usd_per_rin) filter (where d_code = '{{ other_d_code }}') as other_usd_per_rin
        from {{ ref('stg_epa__rin_prices') }}
        where qap_type = 'Unverified' and rin_year = transfer_year and transfer_year = year(week_start_date)
        group by week_start_date, transfer_year
    ) as weeks
    where
        price_usd_per_rin is not null and other_usd_per_rin is not null
        and not {{ is_declared(check, 'epa.rin_prices', "'all'", 'week_start_date') }}
    group by transfer_year
{%- endmacro %}
