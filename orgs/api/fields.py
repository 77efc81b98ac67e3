"""What more than one endpoint of an organization takes or gives."""

from typing import Any, ClassVar

from rest_framework import serializers

from core.api.fields import Figures, Input, Items, Output, Text, Whole

PAGE_SIZE = 100
LARGEST = 2**63 - 1


class Number(Whole):
    """Of a row that has no other name."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": LARGEST, **how})


class Numbers(Items):
    def __init__(self, **how: Any) -> None:
        super().__init__(**{"child": Number(), **how})


class Named(Output):
    sample: ClassVar = {"name": "Platform"}

    id = serializers.IntegerField()
    name = serializers.CharField()


class BeforeQuery(Input):
    before = Figures(
        required=False, min_value=1, max_value=LARGEST, help_text="The `next` of the page before."
    )


class AfterQuery(Input):
    after = Text(required=False, max_length=254, help_text="The `next` of the page before.")
    limit = Figures(required=False, default=PAGE_SIZE, min_value=1, max_value=PAGE_SIZE)
