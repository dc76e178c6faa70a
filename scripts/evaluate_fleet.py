#!/usr/bin/env python3
"""Run `posemoe evaluate` over many bags on many machines, with Ray; the result is that of one machine.

    scripts/evaluate_fleet.py 'runs/**/*.mcap' --truth '{folder}/truth.csv' --work results \\
        --json all.json -- --gate-m 0.5 --ros-args -p predict_s:=0.2

Each bag is a task: a worker runs posemoe on it and returns what came of it, which is kept in --work.
A last `posemoe evaluate` on this machine makes the report of what is kept. What is kept already is not
done again, so a run that was broken off goes on. Options after -- are posemoe evaluate's own.

Workers find bags, truths, models and posemoe under the same paths as this machine: on a shared disk, or as
copies. Only results travel. Needs Ray: pip install -r scripts/requirements-fleet.txt
"""

from __future__ import annotations

import argparse
import contextlib
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

REPOSITORY = Path(__file__).resolve().parent.parent
ENDING = ".msgpack.zst"
FINE, UNUSABLE, DATA_LOSS, INTERRUPTED = 0, 2, 3, 130
# Ray's word for a cluster of its own on this machine.
LOCAL = "local"
# They say where ONNX Runtime is, on workers as here.
VARIABLES = ("POSEMOE_ONNXRUNTIME", "ORT_DYLIB_PATH")
# Said before --, because workers are told otherwise.
OURS = ("--truth", "--exclude", "--work", "--jobs", "--list", "--json", "--html", "--against", "--tolerance")
# Tasks for each CPU that are handed out at a time: results of more would fill Ray's memory.
IN_FLIGHT = 2


class FleetError(Exception):
    """Why it cannot be done, in words for the user."""


class Bag(NamedTuple):
    """What one task is about, as `posemoe evaluate --list` has it."""

    prediction: str
    truth: str
    result: str  # file in --work
    is_kept: bool


def find_posemoe(asked: str) -> str:
    """The program: as asked for, else the one built here, else the one on PATH."""
    built = REPOSITORY / "target" / "release" / "posemoe"
    for found in (asked,) if asked else (built, shutil.which("posemoe")):
        if found and os.access(found, os.X_OK):
            return str(Path(found).resolve())
    looked = asked or "{} and on PATH".format(built)
    raise FleetError("no posemoe, looked at {}: cargo build --release, or --posemoe PATH".format(looked))


def arguments(words: List[str]) -> Tuple[argparse.Namespace, List[str]]:
    """Our arguments, and those for posemoe evaluate."""
    ours, options = words, []
    if "--" in words:
        ours, options = words[: words.index("--")], words[words.index("--") + 1 :]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("predictions", nargs="+", help="bags, folders or quoted patterns")
    parser.add_argument("--truth", action="append", required=True, help="as for posemoe evaluate")
    parser.add_argument("--exclude", action="append", default=[], help="as for posemoe evaluate")
    parser.add_argument("--work", type=Path, required=True, help="keep here what comes of each bag")
    for option in ("--json", "--html", "--against", "--tolerance"):
        parser.add_argument(option, help="as for posemoe evaluate")
    parser.add_argument("--address", default=LOCAL, help="of a Ray cluster [a new one on this machine]")
    parser.add_argument("--cpus", type=int, help="of this machine to use, without --address [all]")
    parser.add_argument("--cpus-per-bag", type=int, default=1, help="as the parameter threads [%(default)s]")
    parser.add_argument("--retries", type=int, default=2, help="when a worker dies [%(default)s]")
    parser.add_argument("--posemoe", default="", help="the program, on this machine and on all workers")
    args = parser.parse_args(ours)
    for option in options:
        if option.split("=")[0] in OURS:
            parser.error("{} belongs before --".format(option))
    return args, options


def final_command(posemoe: str, args: argparse.Namespace, given_up: List[str]) -> List[str]:
    """What makes the report of all that is kept."""
    command = [posemoe, "evaluate", *args.predictions, "--work", str(args.work)]
    command += ["--jobs", str(min(256, len(os.sched_getaffinity(0))))]
    given_up = [glob.escape(prediction) for prediction in given_up]
    for option, values in (("--truth", args.truth), ("--exclude", args.exclude + given_up)):
        for value in values:
            command += [option, value]
    for option in ("json", "html", "against", "tolerance"):
        value = getattr(args, option)
        command += ["--" + option, value] if value is not None else []
    return command


def list_bags(command: List[str], options: List[str]) -> List[Bag]:
    """All bags that posemoe would compare."""
    ran = subprocess.run(command + ["--list"] + options, stdout=subprocess.PIPE)
    if ran.returncode != 0:
        raise FleetError("posemoe evaluate --list ended with {}".format(ran.returncode))
    lines = map(json.loads, ran.stdout.splitlines())
    return [Bag(*(line[field] for field in Bag._fields)) for line in lines]


def evaluate(
    command: List[str], options: List[str], folder: str, variables: Dict[str, str]
) -> Dict[str, bytes]:
    """Runs posemoe on one bag, on a worker. Its results by file name; none where the bag is unusable."""
    with tempfile.TemporaryDirectory() as work:
        environment = dict(os.environ, **variables)
        words = command + ["--work", work] + options
        ran = subprocess.run(
            words, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        if ran.returncode not in (FINE, UNUSABLE, DATA_LOSS):
            raise RuntimeError("posemoe ended with {}: {}".format(ran.returncode, ran.stderr[-2000:]))
        return {path.name: path.read_bytes() for path in Path(work).glob("*" + ENDING)}


def keep(work: Path, name: str, content: bytes) -> None:
    """Puts a result into the folder, all of it or nothing."""
    handle, path = tempfile.mkstemp(dir=str(work))
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.chmod(path, 0o644)
    os.replace(path, str(work / name))


def load_ray(args: argparse.Namespace) -> Any:
    """The library, which takes part of its settings from the environment and when it is loaded."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if args.address == LOCAL:
        # Else its ports, which ask nobody for a password, are open to the network even with 127.0.0.1.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        os.environ.setdefault("RAY_worker_niceness", "0")  # as posemoe evaluate --jobs
        os.environ.setdefault("RAY_task_oom_retries", str(args.retries))  # else without end
    try:
        import ray
    except ImportError:
        raise FleetError("Ray is missing: pip install -r scripts/requirements-fleet.txt") from None
    return ray


class Fleet:
    """Bags on Ray's workers."""

    def __init__(self, args: argparse.Namespace, posemoe: str, options: List[str]):
        self.ray, self.args = load_ray(args), args
        self.posemoe, self.options = posemoe, options
        self.given_up: List[str] = []
        self.strangers = 0

    def __enter__(self) -> "Fleet":
        how = {"address": self.args.address, "log_to_driver": False, "logging_level": "error"}
        if self.args.address == LOCAL:
            how.update(num_cpus=self.args.cpus, include_dashboard=False, _node_ip_address="127.0.0.1")
        self.ray.init(**how)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # Ray's own ends without shutdown
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self.ray.shutdown()

    def run(self, bags: List[Bag]) -> None:
        """Keeps what comes of each bag; who cannot be done is in `given_up`."""
        task = self.ray.remote(
            num_cpus=self.args.cpus_per_bag, max_retries=self.args.retries, retry_exceptions=True
        )(evaluate)
        variables = {name: os.environ[name] for name in VARIABLES if name in os.environ}
        waiting, running = list(reversed(bags)), {}
        while waiting or running:
            room = max(1, IN_FLIGHT * int(self.ray.cluster_resources().get("CPU", 1)))
            while waiting and len(running) < room:
                bag = waiting.pop()
                command = [self.posemoe, "evaluate", bag.prediction, "--truth", bag.truth]
                if self.args.cpus_per_bag == 1:
                    command += ["--jobs", "2"]  # of several at a time each has one thread
                running[task.remote(command, self.options, os.getcwd(), variables)] = bag
            self.show(len(bags) - len(waiting) - len(running), len(bags))
            (done, *_), _ = self.ray.wait(list(running), num_returns=1)
            self.take(done, running.pop(done))
        self.show(len(bags), len(bags))

    def take(self, done: object, bag: Bag) -> None:
        """Keeps what came of a task."""
        try:
            results = self.ray.get(done)
        except self.ray.exceptions.RayError as error:
            self.given_up.append(bag.prediction)
            print("\ngiven up: {}: {}".format(bag.prediction, last_line(error)), file=sys.stderr)
            return
        for name, content in results.items():
            keep(self.args.work, name, content)
            self.strangers += name != bag.result

    def show(self, done: int, count: int) -> None:
        """How far it is, on a terminal."""
        if sys.stderr.isatty():
            end = "\n" if done == count else ""
            print("\r{}/{} bags".format(done, count), end=end, file=sys.stderr, flush=True)


def last_line(error: Exception) -> str:
    """What an error says last: Ray puts the worker's traceback before it."""
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__


def main(words: List[str]) -> int:
    args, options = arguments(words)
    try:
        posemoe = find_posemoe(args.posemoe)
        bags = list_bags(final_command(posemoe, args, []), options)
        to_do = [bag for bag in bags if not bag.is_kept]
        given_up, strangers = [], 0
        if to_do:
            # Standard output is the table's alone; Ray prints there of workers that died.
            with contextlib.redirect_stdout(sys.stderr), Fleet(args, posemoe, options) as fleet:
                fleet.run(to_do)
            given_up, strangers = fleet.given_up, fleet.strangers
    except KeyboardInterrupt:
        print("\nevaluate_fleet: broken off; the next run goes on from {}".format(args.work), file=sys.stderr)
        return INTERRUPTED
    except FleetError as error:
        print("evaluate_fleet: {}".format(error), file=sys.stderr)
        return UNUSABLE
    if strangers:
        print(
            "{} results are not used, but made anew here: the workers' posemoe, ONNX Runtime, model or files "
            "are not those of this machine".format(strangers),
            file=sys.stderr,
        )
    code = subprocess.run(final_command(posemoe, args, given_up) + options).returncode
    for prediction in given_up:
        print("given up, and not in the report: {}".format(prediction), file=sys.stderr)
    return DATA_LOSS if given_up and code == FINE else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
