"""What only a real server shows: clients that go away, and a feed that is open while others work."""

from __future__ import annotations

import json
import socket
import threading

import httpx2

from tests.sync.people import bearer
from tests.sync.served import AREA, Served


def test_an_open_feed_gives_each_change_as_it_happens(served: Served) -> None:
    with httpx2.Client(base_url=served.url, headers=bearer("steward1"), timeout=30) as client:
        params = {"feed": "continuous", "since": "now", "heartbeat": "200"}
        with client.stream("GET", f"/{AREA}/_changes", params=params) as feed:
            writing = threading.Thread(
                target=lambda: httpx2.put(
                    f"{served.url}/{AREA}/patrol:open-feed", json={"n": 1}, headers=bearer("steward1")
                )
            )
            writing.start()
            first = next(line for line in feed.iter_lines() if line)
            writing.join()
    assert json.loads(first)["id"] == "patrol:open-feed"


def test_heartbeats_keep_a_longpoll_open_until_there_is_something(served: Served) -> None:
    with httpx2.Client(base_url=served.url, headers=bearer("steward1"), timeout=30) as client:
        params = {"feed": "longpoll", "since": "now", "heartbeat": "100", "timeout": "10"}
        with client.stream("GET", f"/{AREA}/_changes", params=params) as feed:
            pieces = feed.iter_text()
            told = ""
            while told.count("\n") < 4:  # the line that opens the list, and three beats
                told += next(pieces)
            writing = httpx2.put(
                f"{served.url}/{AREA}/patrol:beat", json={"n": 1}, headers=bearer("steward1")
            )
            told += "".join(pieces)
    assert writing.status_code == 201
    assert told.startswith('{"results":[\n\n\n\n')
    assert [row["id"] for row in json.loads(told)["results"]] == ["patrol:beat"]


def test_clients_that_go_away_in_mid_answer_harm_nobody(served: Served) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", served.port)) as line:
            head = f"GET /{AREA}/_changes?feed=longpoll&since=now&heartbeat=100 HTTP/1.1\r\nHost: x\r\n"
            line.sendall(f"{head}Authorization: {bearer('steward1')['Authorization']}\r\n\r\n".encode())
            assert line.recv(20).startswith(b"HTTP/1.1 200")
    with socket.create_connection(("127.0.0.1", served.port)) as line:
        head = f"POST /{AREA}/_bulk_docs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n"
        line.sendall(
            f"{head}Authorization: {bearer('steward1')['Authorization']}\r\n\r\n".encode() + b'{"docs":['
        )

    answer = httpx2.get(f"{served.url}/{AREA}", headers=bearer("steward1"))
    assert answer.status_code == 200
