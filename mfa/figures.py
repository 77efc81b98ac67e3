"""How many people have a second step, for the desk's first page."""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.desk import figures
from core.desk.charts import Share

# UNION lets nobody count twice who has both.
ADOPTION = """
SELECT count(*) FILTER (WHERE person.id = factor.user_id), count(*),
    count(*) FILTER (WHERE person.id = factor.user_id AND person.is_staff), count(*) FILTER (WHERE person.is_staff)
FROM accounts_user AS person LEFT JOIN (
    SELECT user_id FROM mfa_authenticator UNION SELECT user_id FROM mfa_passkey WHERE suspended_at IS NULL
) AS factor ON factor.user_id = person.id
WHERE person.is_active
"""


def register() -> None:
    figures.register(figures.shares("factors", gettext_lazy("Second step"), count, draw, 20))


def count() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(ADOPTION)
        return list(cursor.fetchone())


def draw(found: list[int]) -> Iterator[Share]:
    people, of_people, staff, of_staff = found
    yield Share(_("Of all people who can sign in"), people, of_people)
    yield Share(_("Of those at the desk"), staff, of_staff)
