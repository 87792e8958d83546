-- Every forecaster that ever answered a horizon answers it for the newest session too; an ensemble of yesterday's votes would
-- look live.
{{ config(tags=['dq_timeliness', 'training']) }}
select
    model_name,
    horizon,
    max(as_of_date) as newest_as_of_date
from {{ ref('bucket_predictions') }}
group by model_name, horizon
having max(as_of_date) < (select max(as_of_date) from {{ ref('int_zl__sessions') }})
