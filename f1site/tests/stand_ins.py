"""Small stand-ins for manage.py, web, worker and beat, for tests of ``./run``."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from f1site import cli
from f1site.entrance import programs, up

SCRIPTS = {
    "manage": """
import os, sys, time
words = sys.argv[1:]
if words == ["prepare"]:
    print("preparing", flush=True)
    time.sleep(float(os.environ.get("PREPARE_SECONDS", "0")))
    sys.exit(int(os.environ.get("PREPARE_CODE", "0")))
if words == ["sleep"]:
    print("ready", flush=True)
    time.sleep(60)
print(words, os.getcwd())
for name in ("DATABASE_URL", "REDIS_URL"):
    print(name, os.environ[name])
sys.exit(7)
""",
    "stand_in_web": """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

host, _, port = sys.argv[sys.argv.index("--bind") + 1].rpartition(":")
HTTPServer((host, int(port)), Page).serve_forever()
""",
    "stand_in_worker": """
import time
print("at work", flush=True)
time.sleep(600)
""",
    "stand_in_broken": """
print("no such module")
raise SystemExit(3)
""",
}


def write(folder: Path) -> None:
    for name, text in SCRIPTS.items():
        (folder / f"{name}.py").write_text(text)


def install(folder: Path, put: Callable[[object, str, object], None]) -> None:
    """Put the stand-ins of the folder in place of the real commands."""
    for module in (cli, up):
        put(module, "MANAGE", folder / "manage.py")
    put(programs, "WEB", ("stand_in_web",))
    for name in ("TICKS", "LONG", "BEAT", "FLOWER"):
        put(programs, name, ("stand_in_worker",))


if __name__ == "__main__":
    install(Path(os.environ["PYTHONPATH"]), setattr)
    sys.exit(cli.main(sys.argv[1:]))
