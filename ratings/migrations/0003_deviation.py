from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingestion', '0008_superseded_by'),
        ('ratings', '0002_order_of_replay'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='ratingchange',
            name='rating_change_newest_driver',
        ),
        migrations.RemoveIndex(
            model_name='ratingchange',
            name='rating_change_newest_team',
        ),
        migrations.AddField(
            model_name='ratingchange',
            name='deviation',
            field=models.FloatField(default=0.0, help_text='standard deviation after the race, Elo points'),
        ),
        migrations.AddField(
            model_name='ratingchange',
            name='is_provisional',
            field=models.BooleanField(default=False, help_text='too little was known after the race'),
        ),
        migrations.AddIndex(
            model_name='ratingchange',
            index=models.Index(condition=models.Q(('driver__isnull', False)), fields=['kind', 'driver', '-sequence'], include=('race', 'lineage', 'n_before', 'before', 'k_factor', 'after', 'deviation'), name='rating_change_newest_driver'),
        ),
        migrations.AddIndex(
            model_name='ratingchange',
            index=models.Index(condition=models.Q(('team__isnull', False)), fields=['kind', 'lineage', '-sequence'], include=('race', 'team', 'n_before', 'before', 'k_factor', 'after', 'deviation'), name='rating_change_newest_team'),
        ),
    ]
