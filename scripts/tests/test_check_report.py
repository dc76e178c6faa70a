"""What check_report finds, and what it lets pass."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import report_check  # noqa: E402

PAGE = '<!doctype html><meta charset="utf-8"><title>t</title><body style="margin:0">{}'


def lacking():
    """Why no page can be looked at here; None where one can."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "playwright is not installed (scripts/check_report installs it)"
    try:
        with sync_playwright() as playwright:
            report_check.launched(playwright).close()
    except report_check.NoBrowser as error:
        return str(error)
    return None


LACKING = lacking()


def posemoe():
    """The program as it was built last; None where it was not."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", report_check.REPOSITORY / "target"))
    built = [target / profile / "posemoe" for profile in ("release", "debug")]
    return max((path for path in built if path.is_file()), key=lambda path: path.stat().st_mtime, default=None)


@unittest.skipIf(LACKING, LACKING)
class Pages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def faults(self, body):
        page = self.folder / "page.html"
        page.write_text(PAGE.format(body), encoding="utf-8")
        return report_check.check([page])

    def assert_each_look_finds(self, expected, body):
        found = self.faults(body)
        for look in ("390 px, light", "390 px, dark", "1400 px, light", "1400 px, dark"):
            with self.subTest(look):
                self.assertTrue(any(look in fault and expected in fault for fault in found), found)

    def test_a_quiet_page_passes_and_has_its_pictures_taken(self):
        page = self.folder / "quiet.html"
        page.write_text(PAGE.format("<h1>Quiet</h1><p>words</p>"), encoding="utf-8")
        pictures = self.folder / "pictures"
        self.assertEqual(report_check.check([page], pictures), [])
        self.assertEqual(len(list(pictures.glob("quiet_*.png"))), 4)

    def test_what_is_said_on_the_console_is_a_fault(self):
        self.assert_each_look_finds("console error: oh no", "<script>console.error('oh no')</script>")
        self.assert_each_look_finds("console warning: hm", "<script>console.warn('hm')</script>")

    def test_a_script_that_fails_is_a_fault(self):
        self.assert_each_look_finds("script error: oh no", "<script>throw new Error('oh no')</script>")

    def test_any_request_is_a_fault(self):
        # Nothing listens there, and nothing gets that far.
        self.assert_each_look_finds("asks for http://127.0.0.1:9/x.png", '<img src="http://127.0.0.1:9/x.png">')
        self.assert_each_look_finds("neighbour.css", '<link rel="stylesheet" href="neighbour.css">')

    def test_a_page_wider_than_the_window_is_a_fault(self):
        self.assert_each_look_finds("is 2000 px wide", '<div style="width:2000px;height:1px"></div>')
        narrow = self.faults('<div style="width:800px;height:1px"></div>')
        self.assertTrue(narrow and all("390 px" in fault for fault in narrow), narrow)

    def test_what_is_wide_in_folded_parts_is_found_too(self):
        folded = "<details><summary>more</summary><div style='width:2000px;height:1px'></div></details>"
        self.assertTrue(self.faults(folded))

    def test_the_page_of_the_walk_passes(self):
        program = posemoe()
        if program is None:
            self.skipTest("posemoe is not built (cargo build --release)")
        page = report_check.walk_page(self.folder, program)
        self.assertEqual(report_check.check([page]), [])

    def test_the_exit_code_says_it(self):
        page = self.folder / "wide.html"
        page.write_text(PAGE.format('<div style="width:2000px;height:1px"></div>'), encoding="utf-8")
        said, printed = io.StringIO(), io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
            self.assertEqual(report_check.main([str(page)]), 1)
        self.assertIn("is 2000 px wide", said.getvalue())
        self.assertEqual(printed.getvalue(), "1 page, 4 faults\n")


class Words(unittest.TestCase):
    def test_where_there_is_no_browser_it_says_how_to_get_one(self):
        playwright = mock.Mock()
        playwright.chromium.executable_path = "/nowhere/chromium"
        with mock.patch.object(report_check, "browser_path", return_value=None):
            with self.assertRaisesRegex(report_check.NoBrowser, "apt-get install chromium"):
                report_check.launched(playwright)
        playwright.chromium.launch.assert_not_called()

    def test_a_page_that_is_not_there_is_named(self):
        command = [sys.executable, report_check.__file__, "missing.html"]
        ran = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(ran.returncode, 2)
        self.assertIn("no such file: missing.html", ran.stderr)


if __name__ == "__main__":
    unittest.main()
