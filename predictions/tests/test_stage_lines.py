"""The lines from stage to stage of a weekend."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from predictions.charts import stages
from predictions.models import Stage
from predictions.tests import api_cast
from predictions.tests.test_charts import well_formed

LEC = stages.Path(
    code="LEC", name="Leclerc", team_class="team-ferrari", chances=[0.1, 0.4]
)


def test_a_line_leads_from_stage_to_stage() -> None:
    drawing = stages.plot([LEC], ["Pre-weekend", "Final grid"])
    well_formed(drawing)
    assert drawing.endswith(
        '<a class="team-ferrari"><title>Leclerc\n'
        "Pre-weekend 10\u202f%, Final grid 40\u202f%</title>"
        '<line class="line" x1="16%" y1="203.5" x2="70%" y2="16"/>'
        '<circle class="dot" cx="70%" cy="16" r="4.5"/>'
        '<circle class="dot" cx="16%" cy="203.5" r="4.5"/>'
        '<text class="end" x="13%" y="203.5">10\u202f%</text>'
        '<text class="key" x="73%" y="16">LEC</text>'
        '<text x="73%" y="16" dx="40">40\u202f%</text></a></svg>'
    )


def test_one_stage_is_no_line() -> None:
    assert stages.plot([LEC], ["Pre-weekend"]) == ""
    assert stages.plot([], ["Pre-weekend", "Final grid"]) == ""


def test_who_was_not_in_a_field_has_no_dot_there() -> None:
    late = stages.Path(
        code="SUB", name="Stand-in", team_class="", chances=[None, 0.02, None]
    )
    drawing = stages.plot([LEC_3, late], ["A", "B", "C"])
    well_formed(drawing)
    assert "Stand-in\nB 2\u202f%" in drawing
    assert drawing.count("<circle") == 4
    assert ">SUB<" not in drawing


LEC_3 = stages.Path(
    code="LEC", name="Leclerc", team_class="team-ferrari", chances=[0.1, 0.2, 0.4]
)


@pytest.mark.django_db
def test_the_race_page_draws_them_once_there_are_two_stages(
    client: Client, settings: Settings
) -> None:
    settings.F1_NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
    cast = api_cast.make()
    api_cast.issue(cast, cast.melbourne)
    assert "stage-lines" not in client.get("/races/2025/1/").content.decode()
    api_cast.issue(cast, cast.melbourne, Stage.FINAL_GRID, day=2)
    page = client.get("/races/2025/1/").content.decode()
    assert 'class="stage-lines points"' in page
    assert "From pre-weekend to final grid" in page
