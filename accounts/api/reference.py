"""What the page and docs/api-reference.md say of the API, read off the OpenAPI document and the code."""

from dataclasses import dataclass
from typing import Any

from accounts.api.scopes import OF_KIND, Credential, Scope


@dataclass(frozen=True)
class Described:
    method: str
    path: str
    summary: str
    description: str
    anchor: str
    fields: list[dict[str, Any]]
    answers: list[tuple[str, str]]


@dataclass(frozen=True)
class Chapter:
    title: str
    operations: list[Described]


def chapters(document: dict[str, Any]) -> list[Chapter]:
    """In the order of their first addresses."""
    found: dict[str, list[Described]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            entry = _described(document, path, method, operation)
            found.setdefault(operation["tags"][0], []).append(entry)
    return [Chapter(title, operations) for title, operations in found.items()]


def scope_rows() -> list[tuple[Scope, list[bool]]]:
    """Each scope, and whether each kind of credential can have it."""
    return [(scope, [scope in OF_KIND[kind] for kind in Credential]) for scope in Scope]


def problems(document: dict[str, Any]) -> list[tuple[int, str, str]]:
    """Status, code and title of everything that is refused anywhere."""
    found = {
        (int(status), example["value"]["code"], example["value"]["title"])
        for methods in document["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        for content in answer.get("content", {}).values()
        for example in content.get("examples", {}).values()
        if isinstance(example["value"], dict) and "reference" in example["value"]
    }
    return sorted(found)


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
            f"| {each.method} | `{each.path}` | {each.summary} | {each.description.splitlines()[-1]} |"
            for each in chapter.operations
        ]
        lines.append("")
    lines += ["## Codes of what is refused", "", "| status | `code` | |", "|---|---|---|"]
    lines += [f"| {status} | `{code}` | {title} |" for status, code, title in problems(document)]
    return "\n".join(lines) + "\n"


def _described(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Described:
    return Described(
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        anchor=operation["operationId"],
        fields=_fields(document, operation),
        answers=[(status, answer["description"]) for status, answer in operation["responses"].items()],
    )


def _fields(document: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    shape = document["components"]["schemas"].get(name, {})
    return [
        {
            "name": field,
            "required": field in shape.get("required", []),
            "description": about.get("description", ""),
        }
        for field, about in shape.get("properties", {}).items()
    ]
