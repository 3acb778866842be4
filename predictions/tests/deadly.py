"""For a worker of its own alone (``--include``): models that kill its processes."""

import os
import signal
from typing import Any

from predictions.services import backtesting


def walk_forward(*args: Any, **kwargs: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


vars(backtesting)[walk_forward.__name__] = walk_forward
