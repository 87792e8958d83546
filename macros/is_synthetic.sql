{#- Whether a delivered file of the landing calls itself synthetic in its metadata: one is enough, it is in the forecasts. How
    the folder is spelled says nothing, and neither does a file that cannot be read (plugin function). -#}
{% macro is_synthetic() -%}
    {%- if execute -%}
        {%- set answer = run_query("select zl_synthetic_landing('" ~ var('landing') ~ "')").columns[0].values() | first -%}
        {{- return(answer == 'true') -}}
    {%- endif -%}
    {{- return(false) -}}
{%- endmacro %}
