"""A server that behaves as badly as a test wants: it reads requests off a socket, one connection after the other."""

import socket
import threading
from contextlib import suppress


class SocketServer:
    """A server on a free port of this machine; what it does with a connection is up to the class that answers."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def answer(self, connection: socket.socket) -> None:
        """Read a request and behave."""
        raise NotImplementedError

    def stop(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while not self.over.is_set():
            with suppress(OSError):
                connection, _ = self._listening.accept()
                with connection:
                    self.answer(connection)
