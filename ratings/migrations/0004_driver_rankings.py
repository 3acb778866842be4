"""Ratings of drivers with their careers, as a materialised view.

``REFRESH MATERIALIZED VIEW CONCURRENTLY`` needs the unique index; the list of all
drivers, in order, is read from the covering one alone.
"""

import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE MATERIALIZED VIEW driver_rankings AS
WITH changes AS (
    SELECT c.driver_id, c.race_id, c.sequence, c.lineage, c.after, c.deviation, c.is_provisional,
        c.n_before + (c.k_factor > 0)::int AS n_rated, race.starts_on, race.season_id
    FROM ratings_ratingchange c JOIN ingestion_race race ON race.id = c.race_id
    WHERE c.driver_id IS NOT NULL AND c.kind = 'race'
), newest AS (
    SELECT DISTINCT ON (driver_id) * FROM changes ORDER BY driver_id, sequence DESC
), team AS (
    SELECT c.race_id, c.lineage, team.slug, team.name
    FROM ratings_ratingchange c JOIN ingestion_team team ON team.id = c.team_id
    WHERE c.kind = 'race'
), qualifying AS (
    SELECT DISTINCT ON (driver_id) driver_id, after
    FROM ratings_ratingchange WHERE driver_id IS NOT NULL AND kind = 'qualifying'
    ORDER BY driver_id, sequence DESC
), peak AS (
    SELECT DISTINCT ON (driver_id) driver_id, race_id, after, deviation
    FROM changes WHERE NOT is_provisional
    ORDER BY driver_id, after DESC, sequence
), years AS (
    SELECT driver_id, race_id, sequence, avg(after) OVER three AS mean,
        avg(deviation) OVER three AS deviation, count(*) OVER three AS n
    FROM changes WINDOW three AS (
        PARTITION BY driver_id ORDER BY starts_on
        RANGE BETWEEN INTERVAL '3 years' PRECEDING AND CURRENT ROW)
), best_years AS (
    SELECT DISTINCT ON (driver_id) driver_id, race_id, mean, deviation
    FROM years WHERE n >= 20 ORDER BY driver_id, mean DESC, sequence
), career AS (
    SELECT r.driver_id,
        count(DISTINCT r.race_id) FILTER (WHERE r.status IN ('finished', 'lapped',
            'retired', 'disqualified', 'not_classified')) AS starts,
        count(DISTINCT r.race_id) FILTER (WHERE r.position = 1) AS wins,
        count(DISTINCT r.race_id) FILTER (WHERE r.position <= 3) AS podiums,
        sum(r.points) AS points, min(race.season_id) AS first_season,
        max(race.season_id) AS latest_season
    FROM ingestion_raceresult r JOIN ingestion_race race ON race.id = r.race_id
    GROUP BY r.driver_id
), sprints AS (
    SELECT driver_id, sum(points) AS points
    FROM ingestion_sprintresult GROUP BY driver_id
), last AS (
    SELECT race_id, season_id FROM changes ORDER BY sequence DESC LIMIT 1
)
SELECT newest.driver_id, driver.slug, driver.name, driver.code,
    team.slug AS team_slug, team.name AS team_name,
    newest.after AS rating, newest.deviation,
    rank() OVER (ORDER BY newest.after DESC) AS rank,
    CASE WHEN newest.season_id = last.season_id THEN rank() OVER (
        PARTITION BY newest.season_id = last.season_id ORDER BY newest.after DESC
    ) END AS active_rank,
    qualifying.after AS qualifying_rating,
    peak.after AS peak, peak.deviation AS peak_deviation, peak.race_id AS peak_race_id,
    best_years.mean AS three_year_peak,
    best_years.deviation AS three_year_deviation,
    best_years.race_id AS three_year_race_id,
    CASE WHEN best_years.mean IS NOT NULL THEN
        rank() OVER (ORDER BY best_years.mean DESC NULLS LAST) END AS three_year_rank,
    newest.n_rated, career.starts, career.wins, career.podiums,
    career.points + coalesce(sprints.points, 0) AS points,
    career.first_season, career.latest_season, last.race_id AS as_of_race_id
FROM newest
CROSS JOIN last
JOIN ingestion_driver driver ON driver.id = newest.driver_id
JOIN career ON career.driver_id = newest.driver_id
LEFT JOIN team ON team.race_id = newest.race_id AND team.lineage = newest.lineage
LEFT JOIN qualifying ON qualifying.driver_id = newest.driver_id
LEFT JOIN peak ON peak.driver_id = newest.driver_id
LEFT JOIN best_years ON best_years.driver_id = newest.driver_id
LEFT JOIN sprints ON sprints.driver_id = newest.driver_id;

CREATE UNIQUE INDEX driver_rankings_driver ON driver_rankings (driver_id);
CREATE INDEX driver_rankings_in_order ON driver_rankings (rank, slug) INCLUDE (
    name, code, team_slug, rating, deviation, active_rank, latest_season);
"""


class Migration(migrations.Migration):

    dependencies = [
        ("ingestion", "0008_superseded_by"),
        ("ratings", "0003_deviation"),
    ]

    operations = [
        migrations.RunSQL(CREATE, "DROP MATERIALIZED VIEW driver_rankings"),
        migrations.CreateModel(
            name='DriverRanking',
            fields=[
                ('driver', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='ranking', serialize=False, to='ingestion.driver')),
                ('slug', models.SlugField(max_length=100)),
                ('name', models.CharField(max_length=100)),
                ('code', models.CharField(max_length=3)),
                ('team_slug', models.SlugField(help_text='driven for last', max_length=100)),
                ('team_name', models.CharField(max_length=100)),
                ('rating', models.FloatField(help_text='after the last race, Elo points')),
                ('deviation', models.FloatField(help_text='after the last race, Elo points')),
                ('rank', models.PositiveIntegerField(help_text='by rating, among all on record')),
                ('active_rank', models.PositiveIntegerField(help_text='by rating, among those rated in the newest season', null=True)),
                ('qualifying_rating', models.FloatField(help_text='Elo points', null=True)),
                ('peak', models.FloatField(help_text='highest that was not provisional, Elo points', null=True)),
                ('peak_deviation', models.FloatField(help_text='Elo points', null=True)),
                ('three_year_peak', models.FloatField(help_text='highest mean of three years, Elo points', null=True)),
                ('three_year_deviation', models.FloatField(help_text='mean of the same three years, Elo points', null=True)),
                ('three_year_rank', models.PositiveIntegerField(null=True)),
                ('n_rated', models.PositiveIntegerField(help_text='races that moved the rating')),
                ('starts', models.PositiveIntegerField()),
                ('wins', models.PositiveIntegerField()),
                ('podiums', models.PositiveIntegerField()),
                ('points', models.DecimalField(decimal_places=2, help_text='in races and sprints', max_digits=8)),
                ('first_season', models.PositiveSmallIntegerField()),
                ('latest_season', models.PositiveSmallIntegerField()),
            ],
            options={
                'db_table': 'driver_rankings',
                'ordering': ['rank', 'slug'],
                'managed': False,
            },
        ),
    ]
