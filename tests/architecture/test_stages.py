"""Each stage of a sign-in that may stop it has something to say to a program."""

import pytest
from allauth.utils import import_callable
from django.conf import settings

from accounts.sign_in import programs


@pytest.mark.parametrize("path", settings.SIGN_IN_STAGES)
def test_a_stage_has_a_demand(path: str) -> None:
    assert programs.has_demand(import_callable(path).key)


def test_one_that_nobody_registered_is_found() -> None:
    assert not programs.has_demand("a stage that was forgotten")
