"""The ledger of model versions, in place of a note on each.

Notes become events: of when the version was fitted, as nothing better is known. The
ledger is append only; what may change is a user who is deleted.
"""

import django.db.models.deletion
import f1site.base.clock
from django.conf import settings
from django.db import migrations, models

CARRY = """
INSERT INTO predictions_modelevent (version_id, what, reason, evidence, at)
SELECT id, what, reason, '{}', trained_at FROM (
    SELECT id, 'trained' AS what, '' AS reason, trained_at, 0 AS n
    FROM predictions_modelversion
    UNION ALL
    SELECT id, 'promoted', note, trained_at, 1
    FROM predictions_modelversion WHERE status <> 'candidate'
) AS events ORDER BY trained_at, id, n;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""
CARRY_BACK = """
UPDATE predictions_modelversion AS version SET note = reason
FROM (
    SELECT DISTINCT ON (version_id) version_id, reason FROM predictions_modelevent
    WHERE what = 'promoted' ORDER BY version_id, id DESC
) AS last WHERE last.version_id = version.id;
UPDATE predictions_modelversion SET status = 'candidate' WHERE status = 'shadow';
UPDATE predictions_modelversion SET status = 'retired' WHERE status = 'rejected';
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""
SEAL = """
CREATE FUNCTION predictions_append_only() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('f1.test_database', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE'
        AND NEW.user_id IS NULL
        AND to_jsonb(NEW) - 'user_id' = to_jsonb(OLD) - 'user_id'
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the ledger is append only: % on % is refused',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER model_event_kept BEFORE UPDATE OR DELETE ON predictions_modelevent
    FOR EACH ROW EXECUTE FUNCTION predictions_append_only();
CREATE TRIGGER model_event_not_truncated BEFORE TRUNCATE ON predictions_modelevent
    FOR EACH STATEMENT EXECUTE FUNCTION predictions_append_only();
"""
UNSEAL = """
DROP TRIGGER model_event_not_truncated ON predictions_modelevent;
DROP TRIGGER model_event_kept ON predictions_modelevent;
DROP FUNCTION predictions_append_only();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ingestion', '0009_origins_of_old_rows'),
        ('predictions', '0010_forecast_inputs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ModelEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('trained', 'Trained'), ('shadowed', 'put in the shadow'), ('unshadowed', 'taken out of the shadow'), ('promoted', 'Promoted'), ('refused', 'refused by the gate'), ('retired', 'Retired'), ('rolled_back', 'rolled back'), ('harmed', 'refused, a file is not whole')], max_length=11)),
                ('reason', models.TextField(blank=True)),
                ('evidence', models.JSONField(blank=True, default=dict, help_text='what the gate went by, per stage')),
                ('user', models.ForeignKey(blank=True, help_text='who decided; empty: the machine, or an operator on the console', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='predictions.modelversion')),
                ('at', models.DateTimeField(default=f1site.base.clock.now, help_text='UTC')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AlterModelOptions(
            name='modelversion',
            options={'ordering': ['name', '-version'], 'permissions': [('promote_modelversion', 'Can promote and roll back models')]},
        ),
        migrations.RemoveConstraint(
            model_name='modelversion',
            name='model_version_status_known',
        ),
        migrations.AlterField(
            model_name='modelversion',
            name='status',
            field=models.CharField(choices=[('candidate', 'Candidate'), ('shadow', 'Shadow'), ('primary', 'Primary'), ('retired', 'Retired'), ('rejected', 'Rejected')], default='candidate', max_length=9),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'shadow')), fields=('name',), name='model_version_one_shadow'),
        ),
        migrations.AddConstraint(
            model_name='modelversion',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['candidate', 'shadow', 'primary', 'retired', 'rejected'])), name='model_version_status_known'),
        ),
        migrations.AddConstraint(
            model_name='modelevent',
            constraint=models.CheckConstraint(condition=models.Q(('what__in', ['trained', 'shadowed', 'unshadowed', 'promoted', 'refused', 'retired', 'rolled_back', 'harmed'])), name='model_event_what_known'),
        ),
        migrations.RunSQL(CARRY, CARRY_BACK),
        migrations.RemoveField(
            model_name='modelversion',
            name='note',
        ),
        migrations.RunSQL(SEAL, UNSEAL),
    ]
