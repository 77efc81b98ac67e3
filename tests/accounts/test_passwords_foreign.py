"""Hashes that other systems made: accepted once, replaced at the next sign-in, refused when they cost too much."""

from typing import Any

import bcrypt
import pytest
from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    BCryptPasswordHasher,
    BCryptSHA256PasswordHasher,
    PBKDF2PasswordHasher,
    PBKDF2SHA1PasswordHasher,
    ScryptPasswordHasher,
    check_password,
)
from django.test import Client

from accounts.flows import provision
from accounts.models import User
from accounts.passwords.exports import UnknownHash, imported
from tests.conftest import sign_in

WORDS = "pässword"


def by_django(hasher: Any, **cost: int) -> str:
    for name, value in cost.items():
        setattr(hasher, name, value)
    return str(hasher.encode(WORDS, hasher.salt()))


BCRYPT = bcrypt.hashpw(WORDS.encode(), b"$2b$04$CCCCCCCCCCCCCCCCCCCCC.").decode()
MADE_BY_DJANGO = {
    "pbkdf2 sha256": by_django(PBKDF2PasswordHasher(), iterations=1000),
    "pbkdf2 sha1": by_django(PBKDF2SHA1PasswordHasher(), iterations=1000),
    "scrypt": by_django(ScryptPasswordHasher(), work_factor=1024),
    "bcrypt": by_django(BCryptPasswordHasher(), rounds=4),
    "bcrypt sha256": by_django(BCryptSHA256PasswordHasher(), rounds=4),
    "argon2": by_django(Argon2PasswordHasher(), memory_cost=512, time_cost=1, parallelism=2),
}
ELSEWHERE = {
    "bcrypt b": BCRYPT,
    "bcrypt y": BCRYPT.replace("$2b$", "$2y$"),
    "bcrypt a": BCRYPT.replace("$2b$", "$2a$"),
    "argon2 text": MADE_BY_DJANGO["argon2"].removeprefix("argon2"),
}
# Vectors of others in the forms of passlib and Werkzeug: the password and the hash.
PUBLISHED = {
    # RFC 7914, section 12, in the PHC string format.
    "scrypt ln": (
        "pleaseletmein",
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
        "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
    ),
    # The same vector as Werkzeug writes it.
    "scrypt hex": (
        "pleaseletmein",
        "scrypt:16384:8:1$SodiumChloride$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    ),
    # RFC 6070, with 20 bytes of SHA-1.
    "pbkdf2 sha1": ("password", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE"),
    "pbkdf2 hex": ("password", "pbkdf2:sha1:4096$salt$4b007901b765489abead49d926f721d065a429c1"),
    # RFC 7914, section 11, shortened to 32 bytes, with passlib's dots.
    "pbkdf2 sha256": ("passwd", "$pbkdf2-sha256$1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw"),
    # The bcrypt of the OpenBSD test suite.
    "bcrypt": ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
}


@pytest.mark.parametrize("form", MADE_BY_DJANGO | ELSEWHERE)
def test_a_hash_of_another_system_fits_its_password_and_no_other(form: str) -> None:
    stored = imported((MADE_BY_DJANGO | ELSEWHERE)[form])
    assert len(stored) <= 255
    assert check_password(WORDS, stored)
    assert not check_password(WORDS + "x", stored)
    assert not check_password("", stored)


@pytest.mark.parametrize("form", PUBLISHED)
def test_published_vectors_fit(form: str) -> None:
    password, exported = PUBLISHED[form]
    assert check_password(password, imported(exported))
    assert not check_password(password + "x", imported(exported))


@pytest.mark.parametrize("length", [71, 72, 73, 200])
def test_bcrypt_reads_72_bytes_of_a_password_as_everywhere(length: int) -> None:
    stored = imported(bcrypt.hashpw(b"x" * min(length, 72), bcrypt.gensalt(4)).decode())
    assert check_password("x" * length, stored)


@pytest.mark.parametrize(
    "exported",
    [
        "",
        "x",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$2b$15$" + BCRYPT[7:],
        "$2b$03$" + BCRYPT[7:],
        "$2x$10$" + BCRYPT[7:],
        BCRYPT[:-1],
        "pbkdf2_sha256$2000001$salt$" + "A" * 43 + "=",
        "pbkdf2_sha256$0$salt$" + "A" * 43 + "=",
        "pbkdf2_sha256$1000$salt$AAAA",
        "pbkdf2_md5$1000$salt$" + "A" * 43 + "=",
        "scrypt$1048576$salt$8$1$" + "A" * 86,
        "scrypt$16383$salt$8$1$" + "A" * 86,
        "scrypt$131072$salt$8$2$" + "A" * 86,
        "$scrypt$ln=63,r=8,p=1$c2FsdA$" + "A" * 86,
        "$argon2id$v=19$m=1048576,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + "A" * 43,
        "$argon2id$v=19$m=262144,t=9,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + "A" * 43,
        "$argon2id$v=19$m=65536,t=1,p=99$c2FsdHNhbHRzYWx0c2FsdA$" + "A" * 43,
        "!unusable",
        "imported$bcrypt$4$$",
    ],
)
def test_what_is_unknown_broken_weak_or_too_costly_is_refused(exported: str) -> None:
    with pytest.raises(UnknownHash):
        imported(exported)


@pytest.mark.parametrize(
    "stored",
    [
        "imported",
        "imported$",
        "imported$bcrypt$31$JDJiJDMx$JDJiJDMxJA==",
        "imported$pbkdf2-sha256$999999999$c2FsdA==$" + "A" * 43 + "=",
        "imported$pbkdf2-sha256$x$c2FsdA==$" + "A" * 43 + "=",
        "imported$scrypt$1024,8$c2FsdA==$" + "A" * 43 + "=",
        "imported$nothing$1$c2FsdA==$" + "A" * 43 + "=",
        "imported$bcrypt$4$bm8gc2FsdA==$" + "A" * 43 + "=",
    ],
)
def test_a_stored_hash_that_no_import_wrote_fits_nothing_and_costs_nothing(stored: str) -> None:
    assert check_password("x", stored) is False


@pytest.mark.parametrize("form", MADE_BY_DJANGO | ELSEWHERE)
def test_the_next_sign_in_makes_a_hash_of_our_own(client: Client, alice: User, form: str) -> None:
    User.objects.filter(pk=alice.pk).update(password=imported((MADE_BY_DJANGO | ELSEWHERE)[form]))
    assert sign_in(client, alice, "wrong")["Content-Type"].startswith("text/html")
    assert sign_in(client, alice, WORDS)["Location"] == "/account/"
    alice.refresh_from_db()
    assert alice.password.startswith("argon2$argon2id$v=19$m=64,t=1,p=1$")
    assert sign_in(Client(), alice, WORDS)["Location"] == "/account/"


def test_an_operator_brings_people_with_their_hashes(client: Client, db: None) -> None:
    dora = provision.create_person(email="dora@example.org", password_hash=imported(BCRYPT))
    assert sign_in(client, dora, WORDS)["Location"] == "/account/"


def test_an_operator_brings_people_without_any(client: Client, db: None) -> None:
    dora = provision.create_person(email="dora@example.org")
    assert not dora.has_usable_password()
    assert "Location" not in sign_in(client, dora, "")
