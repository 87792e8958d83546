{#- The value exactly one interval earlier in the series' own periods; NULL if that period is missing, rather than the one
    before it. Quotes of some days only: the newest that is at least the interval older, and not older than `at_most`. -#}
{% macro before(value, interval, at_most=none) -%}
    last_value({{ value }}) over (
        partition by series_id, edition_at order by period_date
        range between interval '{{ at_most or interval }}' preceding and interval '{{ interval }}' preceding
    )
{%- endmacro %}
