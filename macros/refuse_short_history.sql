{#- Stops the build in one line when no session lies in a served block: too little history, or a cut before the first forecast. -#}
{% macro refuse_short_history() %}
    {%- if execute -%}
        {%- set n_served = run_query("select count(*) from " ~ this ~ " where is_served").columns[0].values() | first -%}
        {%- if n_served == 0 -%}
            {%- set axis = run_query("select count(*), min(as_of_date), max(as_of_date) from " ~ ref('int_zl__sessions')).rows[0] -%}
            {%- set cut = " up to as_of " ~ var('as_of') if var('as_of') | string else "" -%}
            {{ exceptions.raise_compiler_error("Too little history to forecast from: landing '" ~ var('landing') ~ "' holds " ~ axis[0] ~ " valid ZL sessions (" ~ axis[1] ~ " to " ~ axis[2] ~ ")" ~ cut ~ ". The first forecast is served from the first January after " ~ learning_param('walk_forward', 'min_train_sessions') ~ " sessions and " ~ learning_param('walk_forward', 'unserved_years') ~ " years (ml/params.yml, walk_forward).") }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
