import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingestion', '0001_initial'),
        ('ratings', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='RatedRace',
            fields=[
                ('race', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='rated', serialize=False, to='ingestion.race')),
                ('sequence', models.PositiveIntegerField(help_text='place in the order of time, from 0', unique=True)),
                ('digest', models.CharField(help_text='SHA-256 of its rows', max_length=64)),
            ],
            options={
                'ordering': ['sequence'],
            },
        ),
        migrations.AddField(
            model_name='ratingchange',
            name='lineage',
            field=models.SlugField(blank=True, db_index=False, help_text="the team's, or that of the team driven for", max_length=100),
        ),
        migrations.AddField(
            model_name='ratingchange',
            name='n_before',
            field=models.PositiveIntegerField(default=0, help_text='races that had moved the rating'),
        ),
        migrations.AddField(
            model_name='ratingchange',
            name='sequence',
            field=models.PositiveIntegerField(default=0, help_text='place of the race in the order of time, from 0'),
        ),
        migrations.AlterField(
            model_name='ratingchange',
            name='k_factor',
            field=models.FloatField(help_text='Elo points for a share of 1; 0: the race does not count'),
        ),
        migrations.AlterField(
            model_name='ratingrun',
            name='n_changes',
            field=models.PositiveIntegerField(default=0, help_text='rows written'),
        ),
        migrations.AlterField(
            model_name='ratingrun',
            name='n_races',
            field=models.PositiveIntegerField(default=0, help_text='races replayed'),
        ),
        migrations.AlterField(
            model_name='ratingrun',
            name='since',
            field=models.ForeignKey(blank=True, help_text='first race replayed', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ingestion.race'),
        ),
        migrations.AlterField(
            model_name='ratingrun',
            name='through',
            field=models.ForeignKey(blank=True, help_text='last race rated', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ingestion.race'),
        ),
        migrations.AddIndex(
            model_name='ratingchange',
            index=models.Index(condition=models.Q(('driver__isnull', False)), fields=['kind', 'driver', '-sequence'], include=('race', 'lineage', 'n_before', 'before', 'k_factor', 'after'), name='rating_change_newest_driver'),
        ),
        migrations.AddIndex(
            model_name='ratingchange',
            index=models.Index(condition=models.Q(('team__isnull', False)), fields=['kind', 'lineage', '-sequence'], include=('race', 'team', 'n_before', 'before', 'k_factor', 'after'), name='rating_change_newest_team'),
        ),
    ]
