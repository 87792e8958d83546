{#- True for what known_defects declares under this check of such a landing (the sample, or real deliveries): the same key (or any,
    where the defect says all) on a day between its dates. `key` and `date` are expressions. -#}
{% macro is_declared(check_name, source_table, key, date) -%}
    exists (
        select 1
        from {{ ref('known_defects') }} as known_defects
        where
            known_defects.check_name = '{{ check_name }}'
            and known_defects.source_table = '{{ source_table }}'
            and known_defects.landing in ('all', if(zl_synthetic_landing('{{ var("landing") }}') = 'true', 'sample', 'real'))
            and (known_defects.defect_key = 'all' or known_defects.defect_key = {{ key }})
            and {{ date }} between known_defects.first_date and known_defects.last_date
    )
{%- endmacro %}
