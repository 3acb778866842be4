"""Seal forecasts: the database itself refuses to change what was issued.

Row triggers do not see TRUNCATE, so a statement trigger refuses that, unless the
connection was opened with ``f1.test_database``, as the test settings do: the flush
between transactional tests truncates. One thing may take a row away: moving strays
of the default partition into a new one, under ``f1.moving_partition``.
"""

from django.db import migrations

SEAL = """
CREATE FUNCTION predictions_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        AND TG_TABLE_NAME = 'predictions_prediction_default'
        AND current_setting('f1.moving_partition', true) = 'on'
    THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'TRUNCATE' AND current_setting('f1.test_database', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'forecasts are sealed: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER forecast_sealed BEFORE UPDATE OR DELETE ON predictions_forecast
    FOR EACH ROW EXECUTE FUNCTION predictions_refuse_change();
CREATE TRIGGER prediction_sealed BEFORE UPDATE OR DELETE ON predictions_prediction
    FOR EACH ROW EXECUTE FUNCTION predictions_refuse_change();
CREATE TRIGGER forecast_not_truncated BEFORE TRUNCATE ON predictions_forecast
    FOR EACH STATEMENT EXECUTE FUNCTION predictions_refuse_change();
CREATE TRIGGER prediction_not_truncated BEFORE TRUNCATE ON predictions_prediction
    FOR EACH STATEMENT EXECUTE FUNCTION predictions_refuse_change();
"""

UNSEAL = """
DROP TRIGGER forecast_not_truncated ON predictions_forecast;
DROP TRIGGER prediction_not_truncated ON predictions_prediction;
DROP TRIGGER forecast_sealed ON predictions_forecast;
DROP TRIGGER prediction_sealed ON predictions_prediction;
DROP FUNCTION predictions_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("predictions", "0002_prediction_partitioned")]

    operations = [migrations.RunSQL(SEAL, UNSEAL)]
