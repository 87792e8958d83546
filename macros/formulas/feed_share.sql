{#- Share of one feedstock in all of them, in one unit. -#}
{% macro feed_share(feedstock, all_feedstocks) -%}
    ({{ feedstock }} / nullif({{ all_feedstocks }}, 0))
{%- endmacro %}
