"""Checks that an unknown value slipped through: NULL >= 1 is not false."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingestion', '0004_aliases'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='gridslot',
            name='grid_slot_position_or_pit_lane',
        ),
        migrations.RemoveConstraint(
            model_name='race',
            name='race_round_unless_cancelled',
        ),
        migrations.RemoveConstraint(
            model_name='raceresult',
            name='race_result_position_if_classified',
        ),
        migrations.RemoveConstraint(
            model_name='sprintresult',
            name='sprint_result_position_if_classified',
        ),
        migrations.AddConstraint(
            model_name='gridslot',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('from_pit_lane', True), ('position__isnull', True)), models.Q(('from_pit_lane', False), ('position__gte', 1), ('position__isnull', False)), _connector='OR'), name='grid_slot_position_or_pit_lane'),
        ),
        migrations.AddConstraint(
            model_name='race',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('round__gte', 1), ('round__isnull', False)), models.Q(('round__isnull', True), ('status', 'cancelled')), _connector='OR'), name='race_round_unless_cancelled'),
        ),
        migrations.AddConstraint(
            model_name='raceresult',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('is_classified', True), ('position__gte', 1), ('position__isnull', False)), models.Q(('is_classified', False), ('position__isnull', True)), _connector='OR'), name='race_result_position_if_classified'),
        ),
        migrations.AddConstraint(
            model_name='sprintresult',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('is_classified', True), ('position__gte', 1), ('position__isnull', False)), models.Q(('is_classified', False), ('position__isnull', True)), _connector='OR'), name='sprint_result_position_if_classified'),
        ),
    ]
