import re
import subprocess

from identity.local.programs import ROOT


def test_help_lists_every_target():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z]+) +\w", said, re.MULTILINE)) == targets


def test_make_alone_is_help():
    def said(*arguments: str) -> str:
        return subprocess.run(
            ["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    assert said() == said("help")
