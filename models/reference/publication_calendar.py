from ml.calendars import publication_days


def model(dbt, session):
    return publication_days(dbt.ref("calendar_overrides").df())
