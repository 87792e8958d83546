{#- Every series of a landing table with its age at the clock and its limits (macro freshness). On staging it only warns: late
    inputs mean older values, not a stop. -#}
{% test is_fresh(model, source_table) %}
{{ config(fail_calc='coalesce(max(alarm), 0)', warn_if='>= 1', error_if='>= 2') }}
{{ freshness(source_table) }}
{% endtest %}
