{#- USD per barrel: two barrels of gasoline and one of ULSD (USD per gallon, 42 gallons a barrel) against three of crude. -#}
{% macro crack_321(gasoline, heating_oil, crude) -%}
    ((2 * 42 * {{ gasoline }} + 42 * {{ heating_oil }} - 3 * {{ crude }}) / 3)
{%- endmacro %}
