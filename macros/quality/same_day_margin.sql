{#- How much closer two daily changes are on the same day than a day apart: the difference of their correlations. Negative where one
    of them is labelled a day early or late, 0 where one stands still and moves with nothing. -#}
{% macro same_day_margin(change, second, second_before, second_after) -%}
    if(
        stddev_pop({{ change }}) > 0 and stddev_pop({{ second }}) > 0,
        abs(corr({{ change }}, {{ second }}))
        - greatest(abs(corr({{ change }}, {{ second_before }})), abs(corr({{ change }}, {{ second_after }}))),
        0
    )
{%- endmacro %}
