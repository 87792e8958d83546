with

versions as (

    select * from {{ ref('int_refinitiv_quotes_daily__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['ric', 'quote_date']) }}

),

changes as (

    select
        *,
        if(close is distinct from lag(close) over series, quote_date, null) as changed_date
    from newest
    window series as (partition by ric order by quote_date)

),

-- A cash quote that does not move is kept, and told by its age.
result as (

    select
        * exclude (changed_date),
        date_diff('day', max(changed_date) over series, quote_date)::integer as unchanged_days
    from changes
    window series as (partition by ric order by quote_date)

)

select * from result
