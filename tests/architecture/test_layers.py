"""A package imports only what lies below it, and nothing hides an import in a function."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

LAYERS = [{"core"}, {"audit"}, {"accounts"}, {"orgs"}, {"sso", "mfa", "tokens"}, {"oauth"}, {"identity"}]
HEIGHT = {package: height for height, layer in enumerate(LAYERS) for package in layer}


def python_files(root: Path) -> list[Path]:
    return [
        path
        for package in HEIGHT
        for path in (root / package).rglob("*.py")
        if "migrations" not in path.parts
    ]


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.lineno, node.module.partition(".")[0]


def wrong_arrows(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}:{line}: {package} → {target}"
        for path in python_files(root)
        for package in [path.relative_to(root).parts[0]]
        for line, target in imports(ast.parse(path.read_text()))
        if target in HEIGHT and target != package and HEIGHT[target] >= HEIGHT[package]
    ]


def hidden_imports(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}:{node.lineno}: in {node.name}()"
        for path in python_files(root)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "ready"
        for _line, _target in imports(node)
    ]


def test_every_arrow_points_down() -> None:
    assert wrong_arrows(settings.ROOT) == []


def test_no_function_hides_an_import() -> None:
    assert hidden_imports(settings.ROOT) == []


@pytest.mark.parametrize(
    ("package", "statement"),
    [("core", "import accounts.models"), ("audit", "from accounts import access"), ("sso", "import mfa")],
)
def test_an_arrow_up_or_sideways_is_found(tmp_path: Path, package: str, statement: str) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "sabotage.py").write_text(f"import json\n{statement}\n")
    assert len(wrong_arrows(tmp_path)) == 1


def test_a_hidden_import_is_found(tmp_path: Path) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "sabotage.py").write_text("def f():\n    import json\n")
    assert hidden_imports(tmp_path) == ["core/sabotage.py:1: in f()"]


def test_every_package_has_a_place_in_the_arrow() -> None:
    packages = {path.parent.name for path in settings.ROOT.glob("*/__init__.py")}
    assert packages - {"tests"} <= HEIGHT.keys()


def test_only_the_compatibility_module_touches_allauths_private_names() -> None:
    found = [
        path.relative_to(settings.ROOT).as_posix()
        for path in python_files(settings.ROOT)
        if "allauth.account.internal" in path.read_text() or "allauth.account.stages" in path.read_text()
    ]
    assert sorted(found) == ["accounts/sign_in/allauth_compat.py"]


def test_only_one_module_writes_audit_rows() -> None:
    writers = {
        path.relative_to(settings.ROOT).as_posix()
        for path in python_files(settings.ROOT)
        if "audit.models import" in path.read_text()
        and re.search(r"\bEvent\(|Event\.objects\.(bulk_)?create", path.read_text())
    }
    assert writers == {"audit/log.py"}


@pytest.mark.parametrize("name", ["REMOTE_ADDR", "X-Forwarded-For", "HTTP_X_FORWARDED_FOR"])
def test_only_one_module_reads_the_clients_address(name: str) -> None:
    readers = {
        path.relative_to(settings.ROOT).as_posix()
        for path in python_files(settings.ROOT)
        if f'"{name}"' in path.read_text()
    }
    # The load generator of `make bench` writes the header; it reads nothing.
    assert readers - {"identity/local/bench/visitor.py"} <= {"core/client.py"}


def test_only_the_adapter_signs_anybody_in() -> None:
    """One pipeline: nothing of ours calls Django's login(), by whatever name it was imported."""
    callers = [
        path.relative_to(settings.ROOT).as_posix()
        for path in python_files(settings.ROOT)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and node.module in ("django.contrib.auth", "allauth.account.utils")
        and {alias.name for alias in node.names} & {"login", "perform_login"}
    ]
    assert callers == []


def test_only_the_pipeline_sends_people_into_the_stages() -> None:
    found = {
        path.relative_to(settings.ROOT).as_posix()
        for path in python_files(settings.ROOT)
        if "perform_login" in path.read_text() or "complete_social_login" in path.read_text()
    }
    assert found == {"accounts/sign_in/allauth_compat.py", "accounts/sign_in/pipeline.py"}


def test_only_the_engine_touches_allauths_oauth() -> None:
    found = {
        path.relative_to(settings.ROOT).as_posix()
        for path in python_files(settings.ROOT)
        if re.search(r"allauth\.socialaccount\.(internal|providers|helpers|views)", path.read_text())
    }
    assert found == {"sso/social/engine.py"}
