"""Seal every partition against TRUNCATE: statement triggers are not inherited.

Partitions made later take the statement triggers of their table along.
"""

from django.db import migrations

SEAL = """
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN
        SELECT inhrelid FROM pg_inherits
        WHERE inhparent = 'predictions_prediction'::regclass
    LOOP
        EXECUTE format(
            'CREATE TRIGGER prediction_not_truncated BEFORE TRUNCATE ON %s'
            ' FOR EACH STATEMENT EXECUTE FUNCTION predictions_refuse_change()',
            part
        );
    END LOOP;
END
$$;
"""

UNSEAL = """
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN
        SELECT inhrelid FROM pg_inherits
        WHERE inhparent = 'predictions_prediction'::regclass
    LOOP
        EXECUTE format('DROP TRIGGER prediction_not_truncated ON %s', part);
    END LOOP;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("predictions", "0003_seal")]

    operations = [migrations.RunSQL(SEAL, UNSEAL)]
