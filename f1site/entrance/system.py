"""What the machine itself must bring."""

import ctypes
import shutil

from f1site.entrance.say import Trouble

LIBRARIES = {"libgomp.so.1": "libgomp1"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Beginning of why a test is left out that holds a file against its own checker.
NO_PROGRAM = "needs a program of the system: apt-get install"
NO_BROWSER = "No Chromium: apt-get install chromium"


def check_system() -> None:
    for library, package in LIBRARIES.items():
        if not has_library(library):
            raise Trouble(
                f"The system library {library} is missing; the forecasts need it:\n"
                f"  apt-get install {package}"
            )


def has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def find_browser() -> str | None:
    """Path of the Chromium of this machine; none is ever downloaded."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)
