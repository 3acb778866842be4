"""The scores of one forecast of one race, whoever made it and when."""

from django.db import models


class RaceScores(models.Model):
    """What ``forecasting.scores.RaceScore`` says, as columns.

    Those that may be empty came later: empty, a row was scored before they were kept.
    """

    n_starters = models.PositiveSmallIntegerField()
    log_loss = models.FloatField(help_text="natural log, of the winner")
    brier = models.FloatField(help_text="summed over the field")
    rps = models.FloatField(help_text="ranked probability score over positions")
    winner_hit = models.BooleanField()
    winner_in_top3 = models.BooleanField()
    podium_overlap = models.FloatField(help_text="share of the podium foreseen")
    rank_correlation = models.FloatField(help_text="Spearman")
    kendall = models.FloatField(null=True, help_text="Kendall's rank correlation")
    podium_brier = models.FloatField(null=True, help_text="mean over the field")
    points_brier = models.FloatField(
        null=True, help_text="mean over the field, of the first ten"
    )
    coverage = models.FloatField(
        null=True, help_text="share of starters whose place lay in their 80 % range"
    )
    mates_hit = models.FloatField(
        null=True,
        help_text="share of team-mate pairs whose order was told; empty without pairs",
    )
    n_mates = models.PositiveSmallIntegerField(
        null=True, help_text="pairs of team-mates who both started"
    )

    class Meta:
        abstract = True
