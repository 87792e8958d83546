{#- The value exactly one interval earlier in the series' own periods; NULL if that period is missing, rather than the one
    before it. -#}
{% macro before(value, interval) -%}
    max({{ value }}) over (
        partition by series_id, edition_at order by period_date
        range between interval '{{ interval }}' preceding and interval '{{ interval }}' preceding
    )
{%- endmacro %}
