{#- Articles of the last day over the mean daily number of the `prior_days` before it. -#}
{% macro news_activity(n_articles, n_prior_articles, prior_days) -%}
    ({{ n_articles }} / nullif({{ n_prior_articles }} / {{ prior_days }}, 0)::double)
{%- endmacro %}
