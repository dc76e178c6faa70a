#!/usr/bin/env python3
"""Measure `posemoe replay` on a long bag: times real time, stages, memory over the run.

Prints all that docs/performance.md says of replays. Figures are worth something only while nothing else runs;
the load of the machine before each run is printed with them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Tuple

from make_long_bag import make_long_bag
from ros_schemas import REPOSITORY

SAMPLE_S = 0.1
SHARES = (0.1, 0.5, 1.0)  # of the run, at which memory is told


def processor() -> str:
    """What the machine calls its processor."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def resident_mib(pid: int) -> float:
    """Resident memory of a process, 0 once it has ended."""
    try:
        pages = int(Path("/proc/{}/statm".format(pid)).read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def at_shares(samples: List[Tuple[float, float]]) -> List[float]:
    """Resident memory (MiB) at each of SHARES of the time that the samples span."""
    end_s = samples[-1][0]
    return [[mib for time_s, mib in samples if time_s <= share * end_s][-1] for share in SHARES]


def cpu_s() -> float:
    """Time on all cores of the children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(program: Path, bag: Path, folder: Path, more: List[str]) -> Dict[str, Any]:
    """Figures of one replay."""
    figures = folder / "figures.json"
    command = [program, "replay", bag, "--output", folder / "out.mcap", "--json", figures, *more]
    load, used_s, began_s = os.getloadavg()[0], cpu_s(), time.monotonic()
    # The program's log and summary would hide the figures.
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        samples = [(0.0, resident_mib(process.pid))]
        while process.poll() is None:
            time.sleep(SAMPLE_S)
            mib = resident_mib(process.pid)
            if mib > 0:
                samples.append((time.monotonic() - began_s, mib))
    if process.returncode not in (0, 3):
        raise SystemExit((folder / "log.txt").read_text(encoding="utf-8"))
    found = json.loads(figures.read_text(encoding="utf-8"))
    return {**found, "load": load, "cpu_s": cpu_s() - used_s, "rss_mib": at_shares(samples)}


def show(found: Dict[str, Any]) -> None:
    """The figures of one replay, for people."""
    frames = found["frames_in"]
    print(
        "{:.1f} x real time: {:.1f} s for {:.0f} s, {:.2f} ms on all cores for each of {} frames; "
        "load before {:.2f}".format(
            found["times_real_time"],
            found["wall_s"],
            found["bag_s"],
            1e3 * found["cpu_s"] / frames,
            frames,
            found["load"],
        )
    )
    stages = found["stages_s"]
    for name in ("read", "decode", "lift", "encode", "write"):
        share = 100 * stages[name] / sum(stages.values())
        print("  {:8} {:7.2f} s {:3.0f} % {:7.3f} ms".format(name, stages[name], share, 1e3 * stages[name] / frames))
    memory = ", ".join("{:.1f}".format(mib) for mib in found["rss_mib"])
    print("  resident at 10 %, 50 %, 100 % of the run: {} MiB".format(memory))
    for what in ("processing_ms", "latency_ms"):
        if found[what]:
            ranks = ", ".join("{} {:.2f}".format(name, found[what][name]) for name in ("median", "p99", "p99.9", "max"))
            print("  {}: {}".format(what, ranks))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=4, help="people in each frame [%(default)s]")
    parser.add_argument("--minutes", type=float, default=10, help="how long the bag is [%(default)s]")
    parser.add_argument("--runs", type=int, default=3, help="how often [%(default)s]")
    parser.add_argument(
        "--program", type=Path, default=REPOSITORY / "target/release/posemoe", help="what to run [%(default)s]"
    )
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("more", nargs="*", help="after --: more for `posemoe replay`, such as --realtime")
    args = parser.parse_args()
    print("{}, {} cores".format(processor(), os.cpu_count()))
    runs = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frames = make_long_bag(folder / "long.mcap", args.people, args.minutes)
        print("{} frames of {} people, {:g} minutes".format(frames, args.people, args.minutes))
        for _ in range(args.runs):
            runs.append(measure(args.program, folder / "long.mcap", folder, args.more))
            show(runs[-1])
    best = max(runs, key=lambda found: found["times_real_time"])
    print("best: {:.1f} x real time".format(best["times_real_time"]))
    if args.json:
        args.json.write_text(json.dumps(runs, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
