-- FRED carries EIA's spot prices: the same day, the same number.
{{ config(tags=['dq_accuracy', 'eia'], severity='warn') }}
select
    eia.series_id,
    eia.period_date,
    eia.value as eia_value,
    fred.value as fred_value
from {{ ref('stg_eia__series') }} as eia
inner join (values ('PET.RWTC.D', 'DCOILWTICO'), ('PET.RBRTE.D', 'DCOILBRENTEU'), ('NG.RNGWHHD.D', 'DHHNGSP')) as copies (eia_id, fred_id)
    on eia.series_id = copies.eia_id
inner join {{ ref('stg_fred__observations') }} as fred
    on copies.fred_id = fred.series_id and eia.period_date = fred.observation_date
where eia.value != fred.value
