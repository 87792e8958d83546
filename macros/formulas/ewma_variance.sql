{#- s2 = decay * s2 + (1 - decay) * r^2 along a list of returns, started at the first squared return; NULL returns are skipped. -#}
{% macro ewma_variance(returns, decay=0.94) -%}
    list_reduce(
        list_transform(
            list_filter({{ returns }}, lambda past: past is not null), lambda past: past::double * past
        ),
        lambda variance, square: {{ decay }}::double * variance + (1 - {{ decay }}::double) * square
    )
{%- endmacro %}
