"""Lines are as long as CONTRIBUTING.md has it; rustfmt leaves literals and macros as they are."""

import subprocess
import unittest
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
MOST = {".rs": 100, ".md": 120}


def files(ending: str) -> Iterator[Path]:
    """Files of the repository, or, where it is none, of the folder without what is built or fetched in it."""
    listed = subprocess.run(["git", "ls-files", f"*{ending}"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        yield from (ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists())
        return
    for path in ROOT.rglob(f"*{ending}"):
        if not {"target", ".cache", "build", "install"} & set(path.relative_to(ROOT).parts):
            yield path


def prose(text: str) -> Iterator[str]:
    """Lines of Markdown that can be broken: no tables, no code."""
    is_code = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            is_code = not is_code
        yield "" if is_code or line.lstrip().startswith("|") else line


class LineLengths(unittest.TestCase):
    def test_rust_and_prose(self) -> None:
        for ending, most in MOST.items():
            paths = list(files(ending))
            self.assertTrue(paths, ending)
            for path in paths:
                text = path.read_text(encoding="utf-8")
                lines = text.splitlines() if ending == ".rs" else prose(text)
                for number, line in enumerate(lines, 1):
                    place = f"{path.relative_to(ROOT)}:{number}"
                    self.assertLessEqual(len(line), most, f"{place}: {line}")

    def test_what_is_too_long_is_found(self) -> None:
        text = "a" * 121 + "\n| " + "a" * 121 + "\n```\n" + "a" * 121 + "\n```\n"
        self.assertEqual([len(line) > 120 for line in prose(text)], [True, False, False, False, False])


if __name__ == "__main__":
    unittest.main()
