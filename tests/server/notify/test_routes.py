"""The settings screen asks over HTTP: the key, this browser, and one's choice. Source: docs/notifying.md."""

from __future__ import annotations

from server.notify.webpush import bytes_of, text_of
from tests.api.conftest import Server
from tests.api.conftest import server as server
from tests.server.notify.test_webpush import Browser


def test_a_browser_subscribes_and_leaves_again(server: Server) -> None:
    browser = Browser()
    asked = {
        "endpoint": "https://updates.push.services.mozilla.com/wpush/v2/one",
        "keys": {"p256dh": text_of(browser.public), "auth": text_of(browser.secret)},
    }
    with server.connected("steward2") as steward, server.connected("steward3") as other:
        assert len(bytes_of(steward.get("/api/push/key").json()["key"])) == 65
        made = steward.post("/api/push/subscriptions", json=asked)
        assert made.status_code == 201
        assert steward.post("/api/push/subscriptions", json=asked).json() == made.json()
        assert steward.get("/api/notify/choice").json()["subscriptions"] == 1

        address = f"/api/push/subscriptions/{made.json()['id']}"
        assert other.delete(address).status_code == 404
        assert steward.delete(address).status_code == 204
        assert steward.delete(address).status_code == 404
        assert steward.get("/api/notify/choice").json()["subscriptions"] == 0


def test_nobody_makes_the_server_call_an_address_of_their_own(server: Server) -> None:
    browser = Browser()
    asked = {
        "endpoint": "http://169.254.169.254/latest",
        "keys": {"p256dh": text_of(browser.public), "auth": text_of(browser.secret)},
    }
    with server.connected("steward2") as steward:
        refused = steward.post("/api/push/subscriptions", json=asked)
    assert refused.status_code == 422
    assert refused.json()["field"] == "endpoint"


def test_a_choice_is_changed_member_by_member(server: Server) -> None:
    with server.connected("steward3") as steward:
        before = steward.get("/api/notify/choice").json()
        assert before["quiet_from"] == "21:00"
        after = steward.patch("/api/notify/choice", json={"quiet_from": None, "quiet_to": None}).json()
        assert after == {**before, "quiet_from": None, "quiet_to": None}
        assert steward.get("/api/notify/choice").json() == after
        refused = steward.patch("/api/notify/choice", json={"sms_from_level": 3})
        assert (refused.status_code, refused.json()["field"]) == (422, "sms_number")
        assert steward.patch("/api/notify/choice", json={"quiet_from": "25:00"}).status_code == 422
