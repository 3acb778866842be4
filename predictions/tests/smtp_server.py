"""A mail server that takes what it is given, but for addresses it has words for."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default

#: In place of an answer: the connection ends.
GONE = "gone"


class Server(socketserver.ThreadingTCPServer):
    """Letters in the order in which they came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.answers: dict[str, str] = {}
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
            to = rest.strip(">").split("<")[-1]
            match word.upper():
                case "RCPT" if answer := self.server.answers.get(to):
                    if answer == GONE:
                        return
                    self.say(answer)
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
