"""The client against a local server: what is retried, what is an error at once, and that no secret is
said."""

import json
import logging

import pytest
from server import (
    Answer,
    PublisherServer,
    cut_connection,
    html_page,
    server_error,
    too_many_requests,
    truncated_body,
)

from ingest.client import Client
from ingest.errors import IngestError, UnexpectedAnswerError
from ingest.retries import ATTEMPTS

SECRET = "k3y-nobody-should-see"
ROWS = {"rows": list(range(200))}


def answer(asked) -> Answer:
    if asked.path == "denied":
        return Answer(f"bad key {asked.parameters['api_key']}".encode(), 403, "text/plain")
    return Answer(json.dumps(ROWS).encode())


@pytest.fixture
def server():
    with PublisherServer({"here": answer}) as running:
        yield running


@pytest.fixture
def client(server):
    with Client(f"{server.address}/here", secrets=[SECRET], first_wait=0.001) as one:
        yield one


@pytest.mark.parametrize("fault", [too_many_requests, server_error, cut_connection, truncated_body])
def test_a_passing_fault_is_retried(server, client, fault):
    server.fail("here", fault, times=2)
    assert client.json("rows", {"api_key": SECRET}) == ROWS
    assert len(server.asked["here"]) == 3


@pytest.mark.parametrize("fault", [too_many_requests, server_error, cut_connection, truncated_body])
def test_a_lasting_fault_ends_in_one_line_without_the_secret(server, client, fault):
    server.fail("here", fault, times=None)
    with pytest.raises(IngestError, match="times in a row") as said:
        client.json("rows", {"api_key": SECRET})
    assert len(server.asked["here"]) == ATTEMPTS
    assert SECRET not in str(said.value) and "\n" not in str(said.value)


def test_html_in_place_of_data_is_an_error_at_once(server, client):
    server.fail("here", html_page, times=None)
    with pytest.raises(UnexpectedAnswerError, match="HTML"):
        client.json("rows", {"api_key": SECRET})
    assert len(server.asked["here"]) == 1


def test_a_refusal_repeats_what_the_publisher_said_without_the_secret(client):
    with pytest.raises(IngestError, match=r"answered 403: bad key \*\*\*"):
        client.json("denied", {"api_key": SECRET})


def test_a_wait_too_long_to_sit_out_is_an_error(server, client):
    server.fail("here", lambda _: Answer(b"", 429, headers={"Retry-After": "86400"}), times=None)
    with pytest.raises(IngestError, match="run again later"):
        client.json("rows")


def test_no_secret_is_logged_even_at_debug(client, caplog):
    caplog.set_level(logging.DEBUG)
    client.json("rows", {"api_key": SECRET})
    assert SECRET not in caplog.text


def test_a_key_goes_over_https_only():
    with pytest.raises(IngestError, match="https only") as said:
        Client("http://publisher.example/api", secrets=[SECRET])
    assert SECRET not in str(said.value)
    Client("http://publisher.example/api").__exit__()


def test_a_key_does_not_follow_a_redirect(server, client):
    server.fail("here", lambda _: Answer(b"", 302, headers={"Location": f"{server.address}/here/else"}))
    with pytest.raises(IngestError, match="answered 302"):
        client.json("rows", {"api_key": SECRET})
    assert [asked.path for asked in server.asked["here"]] == ["rows"]
