{{ config(alias='cftc_cot_legacy') }}

{{ land('cftc', 'cot_legacy') }}
