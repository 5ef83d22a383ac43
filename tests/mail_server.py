"""A mail server on loopback that takes mails for real, or misbehaves in one way that a test asks for."""

from __future__ import annotations

import base64
import contextlib
import email
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import NamedTuple


class Taken(NamedTuple):
    """A mail as it came over the wire, and whether the connection was encrypted by then."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        read = email.message_from_bytes(self.data, policy=SMTP)
        assert isinstance(read, EmailMessage)
        return read

    @property
    def text(self) -> str:
        content: str = self.message.get_content()
        return content.replace("\r\n", "\n")


class MailServer:
    """Answers as SMTP asks. ``answers`` replaces what it says to a command; ``silent`` to a command hangs there."""

    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        *,
        implicit: bool = False,
        greeting: str = "220 mail.example.org",
        answers: Mapping[str, str] | None = None,
        silent: str = "",
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.context, self.implicit, self.greeting, self.silent = context, implicit, greeting, silent
        self.answers, self.users = dict(answers or {}), dict(users or {})
        self.taken: list[Taken] = []
        self.heard: list[str] = []
        self._ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """End, whatever is under way."""
        self._ended.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(30)

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that hangs up in the middle, or dislikes our certificate, is what some tests are about.
        with contextlib.suppress(OSError):
            if self.implicit and self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            conversation = _Conversation(self, connection, encrypted=self.implicit)
            try:
                conversation.run()
            finally:
                conversation.close()
        connection.close()

    def wait_for_the_end(self) -> None:
        self._ended.wait(60)


class _Conversation:
    def __init__(self, server: MailServer, connection: socket.socket, *, encrypted: bool) -> None:
        self._server, self._connection, self._encrypted = server, connection, encrypted
        self._file = connection.makefile("rb")
        self._sender, self._recipients = "", list[str]()

    def run(self) -> None:
        server = self._server
        if server.silent == "GREETING":
            server.wait_for_the_end()
        self._say(server.greeting)
        for line in self._lines():
            server.heard.append(line)
            command = line.split(" ")[0].upper()
            if command == server.silent:
                server.wait_for_the_end()
                return
            answer = server.answers.get(command) or self._answer(command, line)
            if answer:
                self._say(answer)
            if command == "STARTTLS" and answer.startswith("220"):
                self._encrypt()
            if command == "QUIT" or answer.startswith("421"):
                return

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        self._connection.close()

    def _lines(self) -> Iterator[str]:
        while line := self._file.readline():
            yield line.decode("ascii").rstrip("\r\n")

    def _say(self, text: str) -> None:
        self._connection.sendall(text.replace("\n", "\r\n").encode() + b"\r\n")

    def _encrypt(self) -> None:
        assert self._server.context is not None
        self._file.close()
        self._connection = self._server.context.wrap_socket(self._connection, server_side=True)
        self._file, self._encrypted = self._connection.makefile("rb"), True

    def _answer(self, command: str, line: str) -> str:
        match command:
            case "EHLO":
                offers = ["mail.example.org", "8BITMIME"]
                if self._server.context and not self._encrypted:
                    offers.append("STARTTLS")
                if self._server.users:
                    offers.append("AUTH PLAIN")
                return "\n".join([*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"])
            case "STARTTLS":
                return "220 go ahead" if self._server.context else "502 no"
            case "AUTH":
                _, user, password = base64.b64decode(line.split(" ")[2]).decode().split("\0")
                return "235 welcome" if self._server.users.get(user) == password else "535 no"
            case "MAIL":
                self._sender, self._recipients = line.split("<")[1].split(">", maxsplit=1)[0], []
                return "250 ok"
            case "RCPT":
                self._recipients.append(line.split("<")[1].split(">", maxsplit=1)[0])
                return "250 ok"
            case "DATA":
                return self._take()
            case "QUIT":
                return "221 bye"
            case _:
                return "250 ok"

    def _take(self) -> str:
        self._say("354 go on")
        lines = []
        while (line := self._file.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self._server.taken.append(Taken(self._sender, tuple(self._recipients), b"".join(lines), self._encrypted))
        return "250 taken"


@contextlib.contextmanager
def mail_server(context: ssl.SSLContext | None = None, **more: object) -> Iterator[MailServer]:
    """Have a mail server until the block ends."""
    server = MailServer(context, **more)  # type: ignore[arg-type]  # handed through as it is
    try:
        yield server
    finally:
        server.close()
