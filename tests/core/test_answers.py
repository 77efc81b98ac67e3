import io
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from core.answers import in_one_piece

# Whenever an answer is closed, Django looks after its connections.
pytestmark = pytest.mark.django_db
ENVIRON = RequestFactory()._base_environ(PATH_INFO="/livez", **{"wsgi.input": io.BytesIO()})


def answered(response: Any) -> Any:
    return in_one_piece(lambda environ, start_response: response)({}, lambda *head: None)


class Closing(HttpResponse):
    closed = False

    def close(self) -> None:
        self.closed = True


def test_a_text_leaves_as_a_list_which_the_server_sends_with_its_length() -> None:
    assert answered(HttpResponse("so be it")) == [b"so be it"]


def test_what_comes_bit_by_bit_goes_on_as_it_comes() -> None:
    response = StreamingHttpResponse(iter([b"one", b"two"]))
    assert answered(response) is response


def test_what_is_no_answer_of_django_is_left_alone() -> None:
    assert answered(body := iter([b"one"])) is body


def test_an_answer_is_closed_once_its_text_is_taken() -> None:
    assert answered(response := Closing("done")) == [b"done"]
    assert response.closed


def test_django_hears_that_a_request_is_over() -> None:
    heard: list[Any] = []

    def hear(**how: Any) -> None:
        heard.append(how)

    request_finished.connect(hear)
    try:
        body = in_one_piece(WSGIHandler())(dict(ENVIRON), lambda *head: None)
    finally:
        request_finished.disconnect(hear)
    assert isinstance(body, list)
    assert len(heard) == 1
