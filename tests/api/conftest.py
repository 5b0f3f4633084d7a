"""The whole server with the demo project, on a real port of this machine, for tests that speak only HTTP."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import requests
import uvicorn

from server.app import create_app
from server.demo.accounts import PASSWORD
from server.settings import Settings

START_LIMIT_SECONDS = 60


class Server:
    """The shipped application behind a socket."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = requests.Session()
        self._authorizations: dict[str, str] = {}

    def connected(self, user: str) -> httpx2.Client:
        """A client of somebody signed in; the session is shared by all that ask for this user."""
        return httpx2.Client(
            base_url=self.url, timeout=30, headers={"Authorization": self.authorization(user)}
        )

    def authorization(self, user: str, *, fresh: bool = False) -> str:
        """The header of a signed-in user; `fresh`: of a session that nothing else uses."""
        if fresh:
            return self._sign_in(user)
        if user not in self._authorizations:
            self._authorizations[user] = self._sign_in(user)
        return self._authorizations[user]

    def _sign_in(self, user: str) -> str:
        answer = httpx2.post(
            f"{self.url}/api/session", json={"username": user, "password": PASSWORD}, timeout=30
        )
        answer.raise_for_status()
        return f"Bearer {answer.json()['access_token']}"


@pytest.fixture(scope="session")
def server(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("api") / "data"
    shutil.copytree(demo_data, data)
    app = create_app(Settings.from_environ({"XUNLU_DATA": str(data)}))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        running = Started(uvicorn.Config(app, log_level="error", ws="none", lifespan="on"))
        thread = threading.Thread(target=running.run, args=([listening],), name="server")
        thread.start()
        try:
            assert running.is_started.wait(START_LIMIT_SECONDS), "the server did not start"
            server = Server(f"http://127.0.0.1:{port}")
            with server.connection:
                yield server
        finally:
            running.should_exit = True
            thread.join(START_LIMIT_SECONDS)


class Started(uvicorn.Server):
    """Says when it answers; leaves the signals to pytest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_started = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_started.set()

    def install_signal_handlers(self) -> None:
        return None
