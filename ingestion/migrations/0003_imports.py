"""What imports need: aliases with a first season, entries that editors typed in."""

from django.db import migrations, models

# On the way back: the old constraint has no room for a driver who stands twice.
FORGET_SECOND_ROWS = """
DELETE FROM ingestion_qualifyingresult later USING ingestion_qualifyingresult first
WHERE later.position IS NULL AND first.race_id = later.race_id
AND first.kind = later.kind AND first.driver_id = later.driver_id
AND first.car_number = later.car_number
AND (first.position IS NOT NULL OR first.display_order < later.display_order);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('ingestion', '0002_raceresult_partitioned'),
    ]

    operations = [
        migrations.AddField(
            model_name='alias',
            name='first_season',
            field=models.PositiveSmallIntegerField(blank=True, help_text='of a Grand Prix that was renamed; empty: all seasons', null=True),
        ),
        migrations.AddField(
            model_name='entry',
            name='is_typed_in',
            # The rows that are there came from nobody's hand.
            field=models.BooleanField(default=False, help_text='by an editor; stands until the sessions of the race are imported'),
        ),
        migrations.AlterField(
            model_name='entry',
            name='is_typed_in',
            field=models.BooleanField(default=True, help_text='by an editor; stands until the sessions of the race are imported'),
        ),
        migrations.RemoveConstraint(
            model_name='qualifyingresult',
            name='qualifying_result_unique_entry',
        ),
        migrations.RunSQL(migrations.RunSQL.noop, FORGET_SECOND_ROWS),
        migrations.AddConstraint(
            model_name='qualifyingresult',
            constraint=models.UniqueConstraint(condition=models.Q(('position__isnull', False)), fields=('race', 'kind', 'driver', 'car_number'), name='qualifying_result_unique_entry'),
        ),
    ]
