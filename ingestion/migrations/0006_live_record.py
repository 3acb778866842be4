"""The record lives: live source, corrections, versions of a result, provenance."""

import django.db.models.deletion
import f1site.base.clock
from django.conf import settings
from django.db import migrations, models


#: The old promises have no room for what the new ones allow.
MAKE_ROOM = """
DELETE FROM ingestion_weatherdata older USING ingestion_weatherdata newer
WHERE older.race_id = newer.race_id AND older.source = newer.source
AND older.is_forecast = newer.is_forecast AND older.id < newer.id;
"""
FORGET = """
DELETE FROM ingestion_alias WHERE source <> 'archive';
DELETE FROM ingestion_weatherdata WHERE kind <> 'race';
UPDATE ingestion_sourcefetch SET outcome = 'failed' WHERE outcome = 'running';
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ingestion', '0005_checks_with_nulls'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CorrectedFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('change', 'another value'), ('add', 'a row that the source lacks'), ('remove', 'a row that should not be')], default='change', max_length=6)),
                ('state', models.CharField(choices=[('standing', 'stands'), ('agreed', 'the source has come to agree'), ('conflict', 'the source has changed its mind'), ('superseded', 'a later correction stands above'), ('retired', 'left to the source'), ('undone', 'Undone')], default='standing', max_length=10)),
                ('sheet', models.CharField(help_text='table: results, races …', max_length=40)),
                ('key', models.JSONField(help_text='what finds the row among those of the source')),
                ('field', models.CharField(blank=True, help_text='empty: the row as a whole', max_length=40)),
                ('value', models.JSONField(help_text="the editor's; all fields of an added row", null=True)),
                ('beneath', models.JSONField(help_text="the source's newest; all fields of a removed row", null=True)),
                ('was_beneath', models.JSONField(help_text="the source's when the correction was made", null=True)),
                ('seen_at', models.DateTimeField(blank=True, help_text='UTC, when the source was last compared', null=True)),
            ],
            options={
                'ordering': ['-correction_id', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(default=f1site.base.clock.now, help_text='UTC')),
                ('reason', models.CharField(max_length=500)),
                ('link', models.URLField(blank=True, help_text='document or report that says so', max_length=500)),
                ('undone_at', models.DateTimeField(blank=True, help_text='UTC', null=True)),
            ],
            options={
                'ordering': ['-made_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('unknown', 'unknown name'), ('disagreement', 'sources disagree')], max_length=12)),
                ('source', models.CharField(help_text='who says so', max_length=30)),
                ('sheet', models.CharField(max_length=40)),
                ('subject', models.CharField(help_text='natural key of the row, or name of the newcomer', max_length=200)),
                ('field', models.CharField(blank=True, max_length=40)),
                ('ours', models.CharField(blank=True, help_text='the record', max_length=200)),
                ('theirs', models.CharField(blank=True, help_text='the source', max_length=200)),
                ('first_seen_at', models.DateTimeField(default=f1site.base.clock.now, help_text='UTC')),
                ('last_seen_at', models.DateTimeField(default=f1site.base.clock.now, help_text='UTC')),
                ('resolved_at', models.DateTimeField(blank=True, help_text='UTC; empty: open', null=True)),
                ('resolution', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-last_seen_at', '-id'],
                'default_related_name': 'findings',
            },
        ),
        migrations.CreateModel(
            name='GridPenalty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('places', models.PositiveSmallIntegerField(default=0, help_text='places back on the grid')),
                ('from_back', models.BooleanField(default=False, help_text='start from the back')),
                ('from_pit_lane', models.BooleanField(default=False)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('link', models.URLField(blank=True, max_length=500)),
                ('announced_at', models.DateTimeField(help_text='UTC; nobody knew it before')),
            ],
            options={
                'verbose_name_plural': 'grid penalties',
                'ordering': ['race', 'announced_at', 'id'],
                'default_related_name': 'grid_penalties',
            },
        ),
        migrations.CreateModel(
            name='Provenance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sheet', models.CharField(help_text='kind of rows: races, sessions, results, entries …', max_length=40)),
                ('source', models.CharField(max_length=30)),
                ('n_rows', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField(help_text='UTC, when they became what they are')),
                ('confirmed_at', models.DateTimeField(help_text='UTC, when the source last said so')),
            ],
            options={
                'verbose_name_plural': 'provenance',
                'ordering': ['race', 'sheet'],
                'default_related_name': 'provenance',
            },
        ),
        migrations.CreateModel(
            name='RawPayload',
            fields=[
                ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('content', models.BinaryField(help_text='compressed by zlib')),
                ('n_bytes', models.PositiveIntegerField(help_text='before compression')),
                ('kept_at', models.DateTimeField(help_text='UTC')),
            ],
            options={
                'ordering': ['-kept_at'],
            },
        ),
        migrations.CreateModel(
            name='ResultVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('race', 'race'), ('sprint', 'sprint')], default='race', max_length=6)),
                ('number', models.PositiveSmallIntegerField(help_text='from 1, the oldest')),
                ('standing', models.CharField(choices=[('provisional', 'Provisional'), ('final', 'Final'), ('amended', 'Amended')], max_length=11)),
                ('known_at', models.DateTimeField(help_text='UTC, when the record came to say so')),
                ('source', models.CharField(help_text='archive, starter, live, upload or correction', max_length=30)),
                ('content_hash', models.CharField(help_text='SHA-256 of its rows', max_length=64)),
                ('rows', models.JSONField(help_text='fields of each row, in published order')),
            ],
            options={
                'ordering': ['race', 'kind', 'number'],
                'default_related_name': 'result_versions',
            },
        ),
        migrations.CreateModel(
            name='SourceRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=30)),
                ('address', models.CharField(help_text='path and query', max_length=500)),
                ('sent_at', models.DateTimeField(help_text='UTC, its turn; never stopped')),
                ('answered_at', models.DateTimeField(blank=True, help_text='UTC', null=True)),
                ('status', models.PositiveSmallIntegerField(blank=True, help_text='of HTTP; empty: no answer', null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('retry_at', models.DateTimeField(blank=True, help_text='UTC; not to be asked before', null=True)),
            ],
            options={
                'ordering': ['-sent_at', '-id'],
                'default_related_name': 'requests',
            },
        ),
        migrations.AlterModelOptions(
            name='alias',
            options={'ordering': ['source', 'kind', 'alias'], 'verbose_name_plural': 'aliases'},
        ),
        migrations.AlterModelOptions(
            name='weatherdata',
            options={'ordering': ['race', 'kind', 'is_forecast', 'source'], 'verbose_name_plural': 'weather data'},
        ),
        migrations.RemoveConstraint(
            model_name='alias',
            name='alias_unique',
        ),
        migrations.RemoveConstraint(
            model_name='sourcefetch',
            name='source_fetch_outcome_known',
        ),
        migrations.RemoveConstraint(
            model_name='weatherdata',
            name='weather_unique',
        ),
        migrations.AddField(
            model_name='alias',
            name='note',
            field=models.CharField(blank=True, help_text='how they were found to be the same', max_length=200),
        ),
        migrations.AddField(
            model_name='alias',
            name='source',
            field=models.CharField(choices=[('archive', 'archive (F1DB)'), ('live', 'live source (Jolpica)')], default='archive', help_text='whose name it is', max_length=10),
        ),
        migrations.AddField(
            model_name='weatherdata',
            name='kind',
            field=models.CharField(choices=[('FP1', 'Fp1'), ('FP2', 'Fp2'), ('FP3', 'Fp3'), ('FP4', 'Fp4'), ('qualifying', 'Qualifying'), ('sprint_qualifying', 'Sprint Qualifying'), ('sprint', 'Sprint'), ('warm_up', 'Warm Up'), ('race', 'Race')], default='race', max_length=17, verbose_name='session'),
        ),
        migrations.AlterField(
            model_name='alias',
            name='first_season',
            field=models.PositiveSmallIntegerField(blank=True, help_text='from which on it holds; empty: all seasons', null=True),
        ),
        migrations.AlterField(
            model_name='sourcefetch',
            name='outcome',
            field=models.CharField(choices=[('running', 'under way, or killed'), ('done', 'Done'), ('failed', 'Failed')], default='running', max_length=7),
        ),
        migrations.AlterField(
            model_name='sourcefetch',
            name='source',
            field=models.CharField(help_text='archive, starter, live …', max_length=30),
        ),
        migrations.RunSQL(MAKE_ROOM, FORGET),
        migrations.AddConstraint(
            model_name='alias',
            constraint=models.UniqueConstraint(fields=('source', 'kind', 'alias', 'first_season'), name='alias_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='alias',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['archive', 'live'])), name='alias_source_known'),
        ),
        migrations.AddConstraint(
            model_name='sourcefetch',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['running', 'done', 'failed'])), name='source_fetch_outcome_known'),
        ),
        migrations.AddConstraint(
            model_name='weatherdata',
            constraint=models.UniqueConstraint(fields=('race', 'kind', 'source', 'is_forecast'), name='weather_unique'),
        ),
        migrations.AddConstraint(
            model_name='weatherdata',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['FP1', 'FP2', 'FP3', 'FP4', 'qualifying', 'sprint_qualifying', 'sprint', 'warm_up', 'race'])), name='weather_kind_known'),
        ),
        migrations.AddField(
            model_name='correctedfigure',
            name='race',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='corrected_figures', to='ingestion.race'),
        ),
        migrations.AddField(
            model_name='correction',
            name='author',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='correction',
            name='undone_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='correctedfigure',
            name='correction',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='figures', to='ingestion.correction'),
        ),
        migrations.AddField(
            model_name='finding',
            name='race',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='ingestion.race'),
        ),
        migrations.AddField(
            model_name='gridpenalty',
            name='driver',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='ingestion.driver'),
        ),
        migrations.AddField(
            model_name='gridpenalty',
            name='race',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='ingestion.race'),
        ),
        migrations.AddField(
            model_name='provenance',
            name='fetch',
            field=models.ForeignKey(blank=True, help_text='the import that brought them as they are', null=True, on_delete=django.db.models.deletion.SET_NULL, to='ingestion.sourcefetch'),
        ),
        migrations.AddField(
            model_name='provenance',
            name='race',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='ingestion.race'),
        ),
        migrations.AddField(
            model_name='resultversion',
            name='correction',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='ingestion.correction'),
        ),
        migrations.AddField(
            model_name='resultversion',
            name='fetch',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to='ingestion.sourcefetch'),
        ),
        migrations.AddField(
            model_name='resultversion',
            name='race',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='ingestion.race'),
        ),
        migrations.AddField(
            model_name='sourcerequest',
            name='payload',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='ingestion.rawpayload'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='correction_has_reason'),
        ),
        migrations.AddIndex(
            model_name='correctedfigure',
            index=models.Index(fields=['sheet', 'race'], name='corrected_figure_of_race'),
        ),
        migrations.AddConstraint(
            model_name='correctedfigure',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['standing', 'agreed', 'conflict'])), fields=('sheet', 'key', 'field'), name='corrected_figure_one_in_force'),
        ),
        migrations.AddConstraint(
            model_name='correctedfigure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('action', 'change'), ('field__gt', '')), models.Q(('action__in', ['add', 'remove']), ('field', '')), _connector='OR'), name='corrected_figure_action_known'),
        ),
        migrations.AddConstraint(
            model_name='correctedfigure',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['standing', 'agreed', 'conflict', 'superseded', 'retired', 'undone'])), name='corrected_figure_state_known'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.UniqueConstraint(condition=models.Q(('resolved_at__isnull', True)), fields=('kind', 'source', 'race', 'sheet', 'subject', 'field'), name='finding_open_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['unknown', 'disagreement'])), name='finding_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='gridpenalty',
            constraint=models.CheckConstraint(condition=models.Q(('places__gte', 1), ('from_back', True), ('from_pit_lane', True), _connector='OR'), name='grid_penalty_says_something'),
        ),
        migrations.AddConstraint(
            model_name='provenance',
            constraint=models.UniqueConstraint(fields=('race', 'sheet'), name='provenance_unique'),
        ),
        migrations.AddConstraint(
            model_name='resultversion',
            constraint=models.UniqueConstraint(fields=('race', 'kind', 'number'), name='result_version_unique'),
        ),
        migrations.AddConstraint(
            model_name='resultversion',
            constraint=models.CheckConstraint(condition=models.Q(('standing__in', ['provisional', 'final', 'amended'])), name='result_version_standing_known'),
        ),
        migrations.AddConstraint(
            model_name='resultversion',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='result_version_number_from_one'),
        ),
        migrations.AddIndex(
            model_name='sourcerequest',
            index=models.Index(fields=['source', '-sent_at'], name='source_request_recent'),
        ),
        migrations.AddIndex(
            model_name='sourcerequest',
            index=models.Index(fields=['source', 'address', '-sent_at'], name='source_request_of_address'),
        ),
    ]
