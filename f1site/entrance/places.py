"""Where things stand in this checkout."""

import errno
import os
from pathlib import Path

from f1site.entrance.say import Trouble

ROOT = Path(__file__).resolve().parents[2]
MANAGE = ROOT / "manage.py"
#: Names the folder in which processes leave what they count; Prometheus's own name.
FIGURES = "PROMETHEUS_MULTIPROC_DIR"


def var_folder() -> Path:
    """All state of a checkout; ``VAR_DIR`` moves it, as in the settings."""
    return (ROOT / (os.environ.get("VAR_DIR") or "var")).resolve()


def figures_of(kind: str) -> Path:
    """Where processes of a kind, ``web`` or ``worker``, leave what they count."""
    return var_folder() / "dev" / "figures" / kind


def newest_backup() -> Path | None:
    """Among those that people make and those that every start makes."""
    found = (var_folder() / "backups").rglob("f1site-*.tar")
    return max(found, key=lambda file: file.name, default=None)


def called_from() -> Path:
    """The folder ``./run`` was called in, for relative paths on its command line."""
    folder = Path(os.environ.get("F1_CALLED_FROM") or ROOT)
    return folder if folder.is_dir() else ROOT


def make_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise Trouble(
            f"{error.filename} cannot be made ({error.strerror}). Start as the owner of"
            " the checkout, or set VAR_DIR to a folder that can be written."
        ) from None
    return folder
