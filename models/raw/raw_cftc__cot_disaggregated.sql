{{ config(alias='cftc_cot_disaggregated') }}

{{ land('cftc', 'cot_disaggregated') }}
