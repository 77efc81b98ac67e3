import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.addresses import canonical, validated
from accounts.models import User


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("Alice@Example.ORG", "alice@example.org"),
        ("  alice@example.org ", "alice@example.org"),
        ("ａｌｉｃｅ@example.org", "alice@example.org"),  # full-width letters
        ("\u212belice@example.org", "\u00e5elice@example.org"),  # the Ångström sign
        ("mi\u212ae@example.org", "mike@example.org"),  # the Kelvin sign
        ("alice@BÜCHER.example", "alice@xn--bcher-kva.example"),
        ("alice@bu\u0308cher.example", "alice@xn--bcher-kva.example"),
        ("alice@xn--bcher-kva.example", "alice@xn--bcher-kva.example"),
        ("no address", "no address"),
        ("", ""),
    ],
)
def test_variations_have_one_spelling(typed: str, spelled: str) -> None:
    assert canonical(typed) == spelled


@given(st.text(max_size=60))
def test_spelling_twice_changes_nothing(typed: str) -> None:
    once = canonical(typed)
    assert canonical(once) == once


@pytest.mark.parametrize(
    "typed",
    [
        *("", "a", "a@", "@b.org", "a@b", "a b@c.org", "ä@c.org", "a@b.org\n", f"{'a' * 250}@b.org"),
        # One mailbox in other spellings, and what is no mailbox of the internet.
        *('"a"@b.org', '"\\a"@b.org', '"a b"@c.org', "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "a@localhost"),
    ],
)
def test_what_cannot_be_written_to_is_refused(typed: str) -> None:
    if typed == "a@b.org\n":
        assert validated(typed) == "a@b.org"
        return
    with pytest.raises(ValidationError):
        validated(typed)


@pytest.mark.django_db
def test_a_person_is_found_by_any_spelling(alice: User) -> None:
    assert User.objects.get(email="ALICE@EXAMPLE.ORG") == alice


@pytest.mark.django_db
def test_a_person_keeps_the_one_spelling() -> None:
    user = User.objects.create_user("Eve@EXAMPLE.org", "x")
    assert user.email == "eve@example.org"
    user.refresh_from_db()
    assert user.email == "eve@example.org"


def test_a_person_is_found_by_index_however_many_there_are(db: None) -> None:
    """Anybody may ask for any address; reading all rows each time would be theirs to ask for as well."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
    plan = User.objects.with_address("alice@example.org").explain()
    assert plan.count("Index Cond: ((email)::text") == 2, plan
