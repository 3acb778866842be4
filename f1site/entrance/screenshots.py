"""``./run screenshots``: pictures of every page of the site that runs here."""

import argparse
import os
from pathlib import Path

from f1site.entrance import record
from f1site.entrance.foreground import foreground, python
from f1site.entrance.places import called_from, var_folder
from f1site.entrance.say import Trouble
from f1site.entrance.surroundings import surroundings

DOWN = (
    "The site of this checkout does not run. Start it with ./run in another terminal,"
    " wait for its address, and call ./run screenshots again."
)


def screenshots(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    site = record.in_charge()
    if site is None or not site.ready:
        raise Trouble(DOWN)
    folder = called_from() / asked.to if asked.to else var_folder() / "screenshots"
    command = ["-m", "f1site.testing.gallery", site.url, os.fspath(folder), *asked.page]
    with surroundings() as around:
        settings = {"DJANGO_SETTINGS_MODULE": "f1site.settings"}
        return foreground(
            python(*command),
            environment=around.environment | settings,
            descriptors=around.descriptors,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./run screenshots",
        description="Pictures of every page of the site that runs here, 360 and 1280"
        " pixels wide, light and dark: NAME-WIDTH-THEME.png.",
    )
    parser.add_argument(
        "page", nargs="*", help="a name in f1site/urls.py, as in: home race ratings"
    )
    parser.add_argument("--to", type=Path, help="a folder instead of var/screenshots")
    return parser
