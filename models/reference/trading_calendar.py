from ml.calendars import trading_sessions


def model(dbt, session):
    return trading_sessions(dbt.ref("calendar_overrides").df())
