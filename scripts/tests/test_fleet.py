"""A fleet of two workers on Ray gives what one machine gives, whoever dies on the way."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SCRIPTS))

import evaluate_fleet  # noqa: E402

DATA = SCRIPTS.parent / "tests" / "data"
TRUTH = DATA / "walk_truth.mcap"
BUILT = Path(os.environ.get("CARGO_TARGET_DIR", SCRIPTS.parent / "target")) / "release" / "posemoe"
PROGRAM = Path(os.environ.get("POSEMOE_TEST_PROGRAM", BUILT))

# Stands before posemoe: kills the worker the first time that it gets FALTERS, and dies of DEADLY each time.
UNSTEADY = """#!/bin/sh
case "$2" in
*{falters}) if mkdir "{folder}/faltered" 2>/dev/null; then kill -9 $PPID; exit 1; fi ;;
*{deadly}) kill -9 $$ ;;
esac
exec "{program}" "$@"
"""


def why_not():
    """What keeps a fleet from running here; None when nothing does."""
    if importlib.util.find_spec("ray") is None:
        return "Ray is not installed: pip install -r scripts/requirements-fleet.txt"
    if not PROGRAM.exists():
        return "{} is not built: cargo build --release".format(PROGRAM)
    return None


def run(command, **options):
    # These are the cluster's own and would lead the tests to another.
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, env=environment, timeout=600, **options)


class Arguments(unittest.TestCase):
    def test_what_workers_are_not_told_stands_before_the_dashes(self):
        words = ["runs", "--truth", "t.csv", "--work", "w", "--json", "a.json"]
        args, options = evaluate_fleet.arguments(words + ["--", "--gate-m", "2", "--ros-args", "-p", "a:=b"])
        self.assertEqual(options, ["--gate-m", "2", "--ros-args", "-p", "a:=b"])
        command = evaluate_fleet.final_command("posemoe", args, ["runs/[x].mcap"])
        self.assertEqual(command[:4], ["posemoe", "evaluate", "runs", "--work"])
        for option, value in (("--truth", "t.csv"), ("--exclude", "runs/[[]x].mcap"), ("--json", "a.json")):
            self.assertEqual(command[command.index(option) + 1], value)
        self.assertNotIn("--against", command)
        for option in ("--json", "--work=x"):
            with self.assertRaises(SystemExit) as ended:
                with open(os.devnull, "w") as sys.stderr:
                    try:
                        evaluate_fleet.arguments(words + ["--", option])
                    finally:
                        sys.stderr = sys.__stderr__
            self.assertEqual(ended.exception.code, 2)

    def test_a_missing_program_is_named(self):
        with self.assertRaisesRegex(evaluate_fleet.FleetError, "no/such/posemoe"):
            evaluate_fleet.find_posemoe("no/such/posemoe")

    def test_both_lists_of_packages_have_the_same_ray(self):
        lines = (SCRIPTS / "requirements-fleet.txt").read_text().splitlines()
        (wanted,) = [line for line in lines if line.startswith("ray")]
        self.assertIn("\n" + wanted + ";", (SCRIPTS / "requirements.txt").read_text())


@unittest.skipIf(why_not(), why_not())
class Fleet(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.bags = self.folder / "bags"
        for run_number in range(1, 5):
            run_folder = self.bags / "run{}".format(run_number)
            run_folder.mkdir(parents=True)
            for camera in range(1, 5):
                bag = "cam{}_run{}.mcap".format(camera, run_number)
                shutil.copy(str(DATA / "walk_cam0{}.mcap".format(camera)), str(run_folder / bag))

    def fleet(self, name, *more, posemoe=PROGRAM):
        """What a fleet says, and the bytes of its JSON."""
        result = self.folder / (name + ".json")
        script = [sys.executable, SCRIPTS / "evaluate_fleet.py", self.bags, "--truth", TRUTH, "--json", result]
        script += ["--work", self.folder / name, "--cpus", "2", "--posemoe", posemoe, *more]
        ran = run(script)
        return ran, result.read_bytes() if result.exists() else ran.stderr

    def alone(self, *more):
        """What two jobs on this machine give: exit code, table, JSON."""
        result = self.folder / "alone.json"
        words = [self.bags, "--truth", TRUTH, "--json", result, "--jobs", "2", *more]
        ran = run([PROGRAM, "evaluate"] + words)
        return ran.returncode, ran.stdout, result.read_bytes()

    def test_two_workers_give_the_bytes_of_one_machine(self):
        (self.bags / "run2" / "broken.mcap").write_bytes(b"no bag")
        code, table, expected = self.alone("--gate-m", "0.5")
        ran, found = self.fleet("fleet", "--", "--gate-m", "0.5")
        self.assertEqual((ran.returncode, code), (3, 3), ran.stderr)
        self.assertEqual(found, expected)
        self.assertEqual(ran.stdout, table)
        self.assertIn("unusable: ", ran.stderr)
        report = json.loads(found.decode())
        self.assertEqual(len(report["sequences"]), 16)
        (failed,) = report["failed"]
        self.assertTrue(failed["file"].endswith("broken.mcap"), failed)
        # All was done by workers, and with nothing left to do no cluster is needed.
        results = {path: path.stat().st_mtime_ns for path in (self.folder / "fleet").iterdir()}
        self.assertEqual(len(results), 16)
        (self.bags / "run2" / "broken.mcap").unlink()
        ran, found = self.fleet("fleet", "--address", "192.0.2.1:1", "--", "--gate-m", "0.5")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(found, self.alone("--gate-m", "0.5")[2])
        self.assertEqual({path: path.stat().st_mtime_ns for path in (self.folder / "fleet").iterdir()}, results)

    def test_a_worker_that_dies_is_replaced_and_a_deadly_bag_given_up(self):
        unsteady = self.folder / "unsteady"
        unsteady.write_text(
            UNSTEADY.format(
                falters="cam1_run1.mcap", deadly="cam2_run2.mcap", folder=self.folder, program=PROGRAM.resolve()
            )
        )
        unsteady.chmod(0o755)
        ran, found = self.fleet("fleet", "--retries", "1", posemoe=unsteady)
        self.assertEqual(ran.returncode, 3, ran.stderr)
        self.assertTrue((self.folder / "faltered").exists())
        deadly = self.bags / "run2" / "cam2_run2.mcap"
        self.assertIn("given up, and not in the report: {}".format(deadly), ran.stderr)
        self.assertIn("posemoe ended with -9", ran.stderr)
        code, table, expected = self.alone("--exclude", "*cam2_run2*")
        self.assertEqual((code, ran.stdout, found), (0, table, expected))

    def test_its_own_cluster_is_for_this_machine_only(self):
        words = ["x", "--truth", "x", "--work", "x", "--cpus", "1"]
        args, options = evaluate_fleet.arguments(words)
        with evaluate_fleet.Fleet(args, "posemoe", options) as fleet:
            addresses = [node["NodeManagerAddress"] for node in fleet.ray.nodes()]
            self.assertTrue(fleet.ray.is_initialized())
        self.assertEqual(addresses, ["127.0.0.1"])
        self.assertFalse(fleet.ray.is_initialized())


if __name__ == "__main__":
    unittest.main()
