{#- Fits run on the Ray cluster RAY_ADDRESS names when effort is full, otherwise here; a cluster is named on screen, and one that cannot be used is refused. -#}
{% macro choose_workers() %}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set place = run_query("select zl_choose_workers('" ~ var('effort') ~ "')").columns[0].values() | first -%}
        {%- if place.startswith('refused: ') -%}
            {{ exceptions.raise_compiler_error(place[9:]) }}
        {%- elif place != 'here' -%}
            {%- do log('Fits run ' ~ place ~ '.', info=true) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
