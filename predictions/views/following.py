"""Drivers that a reader follows: he finds them in his account."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from ingestion import queries as record
from ingestion.models import Driver
from predictions.charts.colours import team_class
from predictions.views import parts, stored
from predictions.views.presenters.entrants import Followed
from ratings.queries import driver_ratings

MOST = 50


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether the reader follows a driver, and the button that changes it."""
    driver = get_object_or_404(Driver, slug=slug)
    reader = cast(User, request.user)
    if request.method == "GET":
        context = {"driver": driver, "is_followed": slug in reader.follows}
        return render(request, "predictions/follow.html", context)
    others = [one for one in reader.follows if one != slug]
    is_followed = "follow" in request.POST
    if is_followed and len(others) >= MOST:
        messages.error(request, f"You follow {MOST} drivers: leave one first.")
        return redirect("account")
    reader.follows = [slug, *others] if is_followed else others
    reader.save(update_fields=["follows"])
    words = "You follow {}." if is_followed else "You no longer follow {}."
    messages.success(request, words.format(driver.name))
    return redirect("account")


def followed(reader: User) -> list[Followed]:
    """The reader's drivers in his order, with what is ahead of them."""
    drivers = {one.slug: one for one in Driver.objects.filter(slug__in=reader.follows)}
    race = record.next_race()
    chances = stored.win_chances([race.pk]) if race else {}
    rated = {row.slug: row for row in driver_ratings(include_inactive=True)}
    return [
        Followed(
            name=driver.name,
            slug=slug,
            code=parts.code_of(driver),
            team_class=team_class(rated[slug].team_slug if slug in rated else None),
            rating=rated[slug].rating if slug in rated else None,
            p_win=chances.get((race.pk, driver.pk)) if race else None,
        )
        for slug in reader.follows
        if (driver := drivers.get(slug)) is not None
    ]
