"""What the page and docs/api-reference.md say of the API, read off the OpenAPI document and the code."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from accounts.api import calls, refusals, shapes
from accounts.api.scopes import OF_KIND, Credential, Scope
from accounts.api.shapes import Row
from core.intake import JSON

COMMON = {problem.code for problem in refusals.COMMON}
# Of a refusal.
STANDARD = ("type", "title", "status", "detail", "code", "reference")
# Comes with every answer, and is said once.
EVERYWHERE = "X-Request-Id"


@dataclass(frozen=True)
class Example:
    """`curl` is empty where nothing is sent."""

    name: str
    json: str = ""
    curl: str = ""


@dataclass(frozen=True)
class Refused:
    status: int
    code: str
    title: str
    detail: str
    # What it says beside that.
    members: list[str]


@dataclass(frozen=True)
class Answer:
    status: str
    text: str
    is_list: bool = False
    headers: list[Row] = field(default_factory=list)
    fields: list[Row] = field(default_factory=list)
    example: str = ""


@dataclass(frozen=True)
class Described:
    method: str
    path: str
    summary: str
    description: list[str]
    # Which credentials open it.
    who: str
    anchor: str
    # By where they stand: path, query, header.
    parameters: dict[str, list[Row]]
    fields: list[Row]
    media: list[str]
    examples: list[Example]
    answers: list[Answer]
    # Its own, and the codes of those that any operation may answer.
    refusals: list[Refused]
    common: list[str]


@dataclass(frozen=True)
class Chapter:
    title: str
    operations: list[Described]


def chapters(document: dict[str, Any]) -> list[Chapter]:
    found: dict[str, list[Described]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            entry = _described(document, path, method, operation)
            found[operation["tags"][0]].append(entry)
    return [Chapter(title, operations) for title, operations in found.items()]


def scope_rows() -> list[tuple[Scope, list[bool]]]:
    """Each scope, and whether each kind of credential can have it."""
    return [(scope, [scope in OF_KIND[kind] for kind in Credential]) for scope in Scope]


def problems(document: dict[str, Any]) -> list[Refused]:
    """Everything that is refused anywhere, each in one wording."""
    found: dict[tuple[int, str], Refused] = {}
    for methods in document["paths"].values():
        for operation in methods.values():
            for each in _refused(operation):
                known = found.setdefault((each.status, each.code), each)
                found[each.status, each.code] = min(known, each, key=lambda one: (one.title, one.detail))
    return [found[key] for key in sorted(found)]


def markdown(document: dict[str, Any]) -> str:
    """docs/api-reference.md; tests compare the two."""
    lines = [
        "# Reference of the API",
        "",
        "Written by `manage.py api_reference`; a test compares it with the code. The same, with every field and",
        "example, is at `/api/docs/` and, for machines, at `/api/schema/`.",
        "",
        "## What each kind of credential can be given",
        "",
        f"| scope | {' | '.join(Credential)} | what it opens |",
        f"|---|{'---|' * len(Credential)}---|",
    ]
    for scope, held in scope_rows():
        marks = " | ".join("yes" if each else "–" for each in held)
        lines.append(f"| `{scope.value}` | {marks} | {scope.label} |")
    lines += ["", "## Operations", ""]
    for chapter in chapters(document):
        lines += [f"### {chapter.title}", "", "| | address | what it does | who |", "|---|---|---|---|"]
        lines += [
            f"| {each.method} | `{each.path}` | {each.summary} | {each.who} |" for each in chapter.operations
        ]
        lines.append("")
    lines += ["## Codes of what is refused", "", "| status | `code` | |", "|---|---|---|"]
    lines += [f"| {each.status} | `{each.code}` | {each.title} |" for each in problems(document)]
    return "\n".join(lines) + "\n"


def _described(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Described:
    *description, who = [line for line in operation["description"].splitlines() if line]
    content = operation.get("requestBody", {}).get("content", {})
    refused = list(_refused(operation))
    return Described(
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=description,
        who=who,
        anchor=operation["operationId"],
        parameters=_parameters(document, operation),
        fields=shapes.fields_of(document, next(iter(content.values()))["schema"]) if content else [],
        media=list(content),
        examples=list(_examples(document["servers"][0]["url"], path, method, operation)),
        answers=[
            _answer(document, status, answer)
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        ],
        refusals=[each for each in refused if each.code not in COMMON],
        common=[each.code for each in refused if each.code in COMMON],
    )


def _parameters(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {"path": [], "query": [], "header": []}
    for each in operation.get("parameters", []):
        described = {**each["schema"], "description": each.get("description", "")}
        row = shapes.row_of(document, each["name"], described, is_required=each.get("required", False))
        found[each["in"]].append(row)
    return found


def _examples(base: str, path: str, method: str, operation: dict[str, Any]) -> Iterator[Example]:
    content = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
    if not content:
        yield Example("", curl=calls.curl(base, path, method, operation))
    for name, example in content.get("examples", {}).items():
        body = example["value"]
        curl = calls.curl(base, path, method, operation, body)
        yield Example(example.get("summary", name), calls.spelled(body), curl)


def _answer(document: dict[str, Any], status: str, answer: dict[str, Any]) -> Answer:
    headers = [
        shapes.row_of(
            document,
            name,
            {**header["schema"], "description": header["description"]},
            is_required=header.get("required", False),
        )
        for name, header in answer.get("headers", {}).items()
        if name != EVERYWHERE
    ]
    content = answer.get("content", {}).get(JSON)
    if content is None:
        return Answer(status, answer["description"], headers=headers)
    examples = [calls.spelled(example["value"]) for example in content.get("examples", {}).values()]
    return Answer(
        status,
        answer["description"],
        is_list=shapes.is_list(document, content["schema"]),
        headers=headers,
        fields=shapes.fields_of(document, content["schema"]),
        example=examples[0] if examples else "{}",
    )


def _refused(operation: dict[str, Any]) -> Iterator[Refused]:
    for status, answer in operation["responses"].items():
        for content in answer.get("content", {}).values():
            for example in content.get("examples", {}).values():
                value = example["value"]
                if isinstance(value, dict) and "reference" in value:
                    members = [name for name in value if name not in STANDARD]
                    yield Refused(int(status), value["code"], value["title"], value["detail"], members)
