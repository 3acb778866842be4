"""A mail server that takes what it is given, but for addresses unknown to it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default


class Server(socketserver.ThreadingTCPServer):
    """Letters in the order in which they came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.unknown: set[str] = set()
        self.letters: list[Message] = []
        self.n_connections = 0


class Talk(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs."""

    server: Server

    def handle(self) -> None:
        self.server.n_connections += 1
        self.say("220 here")
        while line := self.rfile.readline():
            word, _, rest = line.decode().strip().partition(" ")
            match word.upper():
                case "RCPT" if (
                    rest.partition("<")[2].rstrip(">") in self.server.unknown
                ):
                    self.say("550 nobody of that name")
                case "DATA":
                    self.say("354 go on")
                    self.server.letters.append(self.letter())
                    self.say("250 taken")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 fine")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def letter(self) -> Message:
        lines = iter(self.rfile.readline, b".\r\n")
        return message_from_bytes(b"".join(lines), policy=default)


@contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
