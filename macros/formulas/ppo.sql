{#- Percentage price oscillator: 100 * (fast mean - slow mean) / slow mean. -#}
{% macro ppo(fast, slow) -%}
    (100 * ({{ fast }} - {{ slow }}) / nullif({{ slow }}, 0))
{%- endmacro %}
