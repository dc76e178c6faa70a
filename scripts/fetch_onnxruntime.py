#!/usr/bin/env python3
"""Put libonnxruntime.so into .cache/onnxruntime/<version>/ and print its path.

The library is taken out of PyPI's `onnxruntime` wheel, which is checked against a pinned SHA-256.
The library inside does not depend on Python's version, so one pinned wheel for each platform serves
every machine. Nothing is downloaded when the library is already there.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

VERSION = "1.31.1"
REPOSITORY = Path(__file__).resolve().parent.parent
CACHE = REPOSITORY / ".cache" / "onnxruntime"
LIBRARY = "libonnxruntime.so"
LICENCES = ("LICENSE", "ThirdPartyNotices.txt")


class Wheel(NamedTuple):
    """The pinned wheel of one platform."""

    platform_tag: str
    sha256: str


# To move to another version: `pip download` its cp311 wheels as below and take their sha256sum.
WHEELS: Dict[str, Wheel] = {
    "x86_64": Wheel(
        "manylinux_2_28_x86_64", "5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f"
    ),
    "aarch64": Wheel(
        "manylinux_2_28_aarch64", "da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3"
    ),
}


class FetchError(Exception):
    """Why the library could not be had, in words for the user."""


def wheel_for_this_machine() -> Wheel:
    """The pinned wheel for this machine, or why there is none."""
    system, machine = platform.system(), platform.machine()
    if system != "Linux":
        raise FetchError(
            "{} is not supported yet, only Linux on {}. Run posemoe in a Linux container, or install "
            "ONNX Runtime {} yourself and point ORT_DYLIB_PATH at its library.".format(
                {"Darwin": "macOS"}.get(system, system), " and ".join(sorted(WHEELS)), VERSION
            )
        )
    if machine not in WHEELS:
        raise FetchError(
            "no ONNX Runtime wheel is known for {!r}, only for {}".format(machine, ", ".join(sorted(WHEELS)))
        )
    return WHEELS[machine]


def download(wheel: Wheel, folder: Path) -> Path:
    """Download the wheel with pip, which knows the user's proxies and mirrors."""
    command: List[str] = [sys.executable, "-m", "pip"]
    if subprocess.run(command + ["--version"], capture_output=True).returncode != 0:
        raise FetchError(
            "{} has no pip. On Debian and Ubuntu: sudo apt install python3-pip "
            "(or run scripts/setup, which needs python3-venv).".format(sys.executable)
        )
    print("fetching ONNX Runtime {} ({})".format(VERSION, wheel.platform_tag), file=sys.stderr)
    command += ["download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    # Always the cp311 wheel, whichever Python runs this: the pinned hash is that file's.
    command += ["--only-binary=:all:", "--implementation=cp", "--python-version=3.11", "--abi=cp311"]
    command += ["--platform=" + wheel.platform_tag, "--dest=" + str(folder), "onnxruntime==" + VERSION]
    result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise FetchError("pip could not download onnxruntime {}:\n{}".format(VERSION, result.stderr.strip()))
    return next(folder.glob("onnxruntime-*.whl"))


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def check(path: Path, expected_sha256: str) -> None:
    """Refuse a wheel that is not the pinned one."""
    found = sha256_of(path)
    if found != expected_sha256:
        raise FetchError("{}: SHA-256 found {}, expected {}".format(path.name, found, expected_sha256))


def unpack(wheel_path: Path, folder: Path) -> None:
    """Take the library and its licences out of the wheel."""
    wanted = {"onnxruntime/capi/{}.{}".format(LIBRARY, VERSION): LIBRARY}
    wanted.update({"onnxruntime/" + name: name for name in LICENCES})
    with zipfile.ZipFile(wheel_path) as archive:
        for member, name in wanted.items():
            with archive.open(member) as source, (folder / name).open("wb") as target:
                shutil.copyfileobj(source, target)


def fetch(cache: Path, local_wheel: Optional[Path]) -> Path:
    """The library's path; downloads it first when it is not there."""
    wheel = wheel_for_this_machine()
    final = cache / VERSION
    library = final / LIBRARY
    if library.exists():
        return library
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a parallel run waits here, then finds the work done
        if library.exists():
            return library
        with tempfile.TemporaryDirectory(dir=str(cache)) as scratch:
            wheel_path = local_wheel or download(wheel, Path(scratch))
            check(wheel_path, wheel.sha256)
            unpacked = Path(scratch) / "unpacked"
            unpacked.mkdir()
            unpack(wheel_path, unpacked)
            shutil.rmtree(final, ignore_errors=True)  # a folder without the library is debris
            os.rename(unpacked, final)  # all or nothing: a folder with the library is complete
    return library


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder to keep it in [%(default)s]")
    parser.add_argument("--wheel", type=Path, help="use this downloaded wheel (no network needed)")
    args = parser.parse_args()
    try:
        print(fetch(args.cache, args.wheel))
    except (FetchError, OSError, KeyError, zipfile.BadZipFile) as error:
        print("fetch_onnxruntime: {}".format(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
