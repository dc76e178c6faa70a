"""Opens pages of `posemoe evaluate --html` in a browser and says what is wrong with them."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence

REPOSITORY = Path(__file__).resolve().parent.parent
WALK = REPOSITORY / "tests" / "data"

WIDTHS_PX = (390, 1400)
SCHEMES = ("light", "dark")
HEIGHT_PX = 900

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage")  # fmt: skip
ADVICE = "no Chromium: apt-get install chromium, or .cache/venv/bin/python -m playwright install chromium"


class NoBrowser(Exception):
    """There is none on this machine."""


class Look(NamedTuple):
    """One way to look at a page."""

    width_px: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.width_px} px, {self.scheme}"


def browser_path() -> Optional[str]:
    """The browser of this machine; None for the one that playwright may have."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def launched(playwright):
    """A browser without network features; as root it has no sandbox."""
    arguments = list(QUIET) + (["--no-sandbox"] if os.geteuid() == 0 else [])
    path = browser_path()
    if path is None and not Path(playwright.chromium.executable_path).exists():
        raise NoBrowser(ADVICE)
    return playwright.chromium.launch(executable_path=path, args=arguments)


def faults(browser, page_path: Path, look: Look, screenshots: Optional[Path]) -> List[str]:
    """All that is wrong with a page looked at in this way."""
    found: List[str] = []
    url = page_path.resolve().as_uri()
    context = browser.new_context(
        viewport={"width": look.width_px, "height": HEIGHT_PX}, color_scheme=look.scheme, offline=True
    )

    def route(route, request):
        if request.url == url:
            route.continue_()
        else:
            found.append(f"asks for {request.url[:200]}")
            route.abort()

    def console(message):
        if message.type in ("error", "warning"):
            found.append(f"console {message.type}: {message.text}")

    try:
        context.route("**/*", route)
        page = context.new_page()
        page.on("console", console)
        page.on("pageerror", lambda error: found.append(f"script error: {error}"))
        page.goto(url, wait_until="load")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.wait_for_timeout(200)
        width_px = page.evaluate("document.documentElement.scrollWidth")
        if width_px > look.width_px:
            found.append(f"is {width_px} px wide")
        if screenshots:
            name = f"{page_path.stem}_{look.width_px}_{look.scheme}.png"
            take_picture(page, screenshots / name)
    finally:
        context.close()
    return found


def take_picture(page, path: Path) -> None:
    """A picture of the whole page; on a busy machine Chromium at times needs to be asked again."""
    from playwright.sync_api import Error

    for chances_left in (2, 1, 0):
        try:
            page.screenshot(path=path, full_page=True)
            return
        except Error:
            if not chances_left:
                raise
            page.wait_for_timeout(1000)


def check(pages: Sequence[Path], screenshots: Optional[Path] = None) -> List[str]:
    """What is wrong with these pages, a line for each fault."""
    from playwright.sync_api import sync_playwright

    if screenshots:
        screenshots.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        try:
            looks = [Look(width_px, scheme) for width_px in WIDTHS_PX for scheme in SCHEMES]
            return [
                f"{page} ({look}): {fault}"
                for page in pages
                for look in looks
                for fault in faults(browser, page, look, screenshots)
            ]
        finally:
            browser.close()


def release_build() -> Path:
    """The program, built anew where it must be."""
    build = ["cargo", "build", "--release", "--locked", "--quiet", "--bin", "posemoe"]
    subprocess.run(build, cwd=REPOSITORY, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    return target / "release" / "posemoe"


def walk_page(folder: Path, program: Path) -> Path:
    """The page of the recorded walk."""
    page = folder / "walk.html"
    bags = [str(WALK / f"walk_cam0{camera}.mcap") for camera in range(1, 5)]
    words = ["evaluate", *bags, "--truth", str(WALK / "walk_truth.mcap"), "--html", str(page)]
    subprocess.run([str(program), *words], check=True, stdout=subprocess.DEVNULL)
    return page


def counted(count: int, thing: str) -> str:
    """So many of something."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def main(words: Sequence[str]) -> int:
    """Checks the pages named, or that of the walk."""
    parser = argparse.ArgumentParser(prog="check_report", description=__doc__)
    parser.add_argument("pages", nargs="*", type=Path, metavar="FILE.html")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="pictures of all pages go here")
    arguments = parser.parse_args(words)
    missing = [str(page) for page in arguments.pages if not page.is_file()]
    if missing:
        parser.error(f"no such file: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as folder:
        pages = arguments.pages or [walk_page(Path(folder), release_build())]
        try:
            found = check(pages, arguments.screenshots)
        except NoBrowser as error:
            print(f"check_report: {error}", file=sys.stderr)
            return 2
    for fault in found:
        print(fault, file=sys.stderr)
    print(f"{counted(len(pages), 'page')}, {counted(len(found), 'fault')}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
