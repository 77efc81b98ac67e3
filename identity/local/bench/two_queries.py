"""The site's addresses and one more: a view that does nothing but ask the database twice."""

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


@login_not_required
def two_queries(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute("SELECT id, email, name FROM accounts_user WHERE id = %s", [1])
            cursor.fetchone()
    return HttpResponse("ok")


urlpatterns = [path("two-queries/", two_queries), path("", include("identity.urls"))]
