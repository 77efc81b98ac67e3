"""Settings for the least that Django can do: a view without any middleware around it."""

import os

from django.http import HttpRequest, HttpResponse
from django.urls import path

SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "identity.local.bench.empty"
MIDDLEWARE: list[str] = []


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("", view)]
