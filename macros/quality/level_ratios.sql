{#- How far the level of a series is from its usual one: the median of `n_recent` rows against that of the `n_usual` before them, as a
    logarithm without sign (ratio_log), from `n_enough` of those on. Single values are noise; another unit is none. One row per row. -#}
{% macro level_ratios(relation, series, date, value, n_recent, n_usual, n_enough) -%}
    select
        {{ series }},
        {{ date }},
        abs(
            ln(
                greatest(
                    median({{ value }}) over (
                        partition by {{ series }} order by {{ date }} rows {{ n_recent - 1 }} preceding
                    ), 0.001
                )
                / greatest(median({{ value }}) over usual, 0.001)
            )
        ) as ratio_log
    from {{ relation }}
    window
        usual as (
            partition by {{ series }} order by {{ date }}
            rows between {{ n_recent + n_usual - 1 }} preceding and {{ n_recent }} preceding
        )
    qualify count({{ value }}) over usual >= {{ n_enough }}
{%- endmacro %}
