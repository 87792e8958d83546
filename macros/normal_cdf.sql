{#- Standard normal distribution function; DuckDB has no error function. A rational function times exp(-z^2 / 2), good to 1e-14:
    Hart and others, Computer Approximations (1968), number 5666, in the form of West, "Better approximations to cumulative
    normal functions" (2005). -#}
{% macro normal_cdf(z) -%}
    {%- set x = "abs(" ~ z ~ ")" -%}
    {%- set numerator = horner(x, ['3.52624965998911e-2', '0.700383064443688', '6.37396220353165', '33.912866078383', '112.079291497871', '221.213596169931', '220.206867912376']) -%}
    {%- set denominator = horner(x, ['8.83883476483184e-2', '1.75566716318264', '16.064177579207', '86.7807322029461', '296.564248779674', '637.333633378831', '793.826512519948', '440.413735824752']) -%}
    {%- set tail = "(exp(-" ~ x ~ " * " ~ x ~ " / 2) * " ~ numerator ~ " / " ~ denominator ~ ")" -%}
    (case when {{ z }} > 0 then 1 - {{ tail }} else {{ tail }} end)
{%- endmacro %}


{% macro horner(x, coefficients) -%}
    {%- set polynomial = namespace(text=coefficients[0] ~ "::double") -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set polynomial.text = "(" ~ polynomial.text ~ " * " ~ x ~ " + " ~ coefficient ~ "::double)" -%}
    {%- endfor -%}
    {{ return(polynomial.text) }}
{%- endmacro %}
