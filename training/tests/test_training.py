"""A run resumes exactly, shares its batch among processes, and refuses recipes that make no sense."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

import torch

from posemoe_training import ablate, checkpoint, recipe, train
from posemoe_training.calibrate import calibrate_sigma
from posemoe_training.data import DATA, Motion, Sources
from posemoe_training.export.forms import StreamForm
from posemoe_training.export.manifest import manifest
from posemoe_training.memory import Memory
from posemoe_training.network import SIZES, VARIANTS, PoseMoE
from posemoe_training.sources.recording import read_npz, write_npz
from posemoe_training.streams import make_batch
from posemoe_training.train import Processes, Run

HOME = Path(__file__).resolve().parents[1]


def small() -> recipe.Recipe:
    base = recipe.smoke(recipe.read("ablation"))
    return replace(base, stages=tuple(replace(s, steps=4, batch=4) for s in base.stages))


class Interrupted(Exception):
    pass


def load_once():
    """`Motion.load` that reads each set of files once: that takes longer than all these runs."""
    load, loaded = Motion.load, {}

    def once(held_out: bool, sources: Sources = Sources()) -> Motion:
        key = held_out, repr(sources)
        if key not in loaded:
            loaded[key] = load(held_out, sources)
        return loaded[key]
    return mock.patch.object(Motion, "load", once)


class Training(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.enterClassContext(load_once())

    def test_a_resumed_run_ends_where_the_whole_one_does(self):
        with tempfile.TemporaryDirectory() as folder:
            whole, parted = Path(folder, "whole.pt"), Path(folder, "parted.pt")
            Run(small(), whole, Processes()).follow(report=lambda _: None)

            # Ends in the second step of the second stage, having saved in the first.
            run = Run(small(), parted, Processes())
            log = run._log

            def interrupt(stage, terms):
                log(stage, terms)
                if run.stage == 1 and run.step == 2:
                    raise Interrupted
                if run.stage == 1 and run.step == 1:
                    run.save()

            with mock.patch.object(run, "_log", interrupt), self.assertRaises(Interrupted):
                run.follow(report=lambda _: None)
            kept = checkpoint.load(parted)
            self.assertEqual((kept["state"]["stage"], kept["state"]["step"]), (1, 1))
            again = Run(checkpoint.recipe_of(kept, parted), parted, Processes())
            again.resume(kept)
            again.follow(report=lambda _: None)

            one, two = checkpoint.load(whole)["network"], checkpoint.load(parted)["network"]
            for name, value in one.items():
                torch.testing.assert_close(two[name], value, msg=name)

    def test_calibrated_sigmas_hold_their_share(self):
        motion = Motion.load(held_out=True)
        network = PoseMoE(SIZES["xs"])
        with mock.patch("posemoe_training.calibrate.FRAMES", 2):
            calibrate_sigma(network, motion, Memory(), people=1024)
        batch = make_batch(motion, 1024, 2, torch.Generator().manual_seed(1), vary=False)
        with torch.no_grad():
            lifted = network.eval().lift(*batch.inputs)
        within = (lifted.joints_m - batch.joints_m).norm(dim=-1) < lifted.sigma_m
        share = within[batch.present > 0][:, 1:].float().mean().item()
        self.assertAlmostEqual(share, 0.68, delta=0.03)

    def test_two_processes_train_one_network(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "two.pt")
            done = subprocess.run(
                [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m",
                 "posemoe_training", "--threads", "1", "train", "--config", "ablation", "--smoke", "--out", str(out)],
                cwd=HOME, capture_output=True, text=True, timeout=300,
                env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "MASTER_ADDR": "127.0.0.1", "GLOO_SOCKET_IFNAME": "lo"})
            self.assertEqual(done.returncode, 0, done.stderr[-2000:])
            self.assertIn("2 process(es)", done.stdout + done.stderr)
            network, _ = checkpoint.load_network(out)
            self.assertTrue(all(torch.isfinite(p).all() for p in network.parameters()))

    def test_which_precision_is_faster_is_measured_once(self):
        with mock.patch.object(train, "faster_in_bfloat16", return_value=False) as measured:
            Run(replace(small(), precision="auto"), None, Processes()).follow(report=lambda _: None)
        measured.assert_called_once()

    def test_mixed_precision_trains_and_leaves_float32_weights(self):
        network = Run(replace(small(), precision="bfloat16"), None, Processes()).follow(report=lambda _: None)
        for name, parameter in network.named_parameters():
            self.assertTrue(parameter.dtype == torch.float32 and torch.isfinite(parameter).all(), name)

    def test_an_ablation_gives_a_row_for_each_variant(self):
        rows = [ablate.measure(replace(small(), variant=variant), people=16) for variant in VARIANTS[:2]]
        self.assertEqual([row["variant"] for row in rows], ["full", "entangled"])
        for row in rows:
            self.assertTrue({"seed", "parameters", "mpjpe_mm", "image_plane_mm", "depth_mm"} <= set(row))
        self.assertIn("entangled", ablate.table(rows))
        json.dumps(rows)

    def test_the_licence_of_own_data_stays_with_the_weights(self):
        with tempfile.TemporaryDirectory() as folder:
            own, first, second = (Path(folder, name) for name in ("own.npz", "first.pt", "second.pt"))
            walk = next(read_npz(DATA / "cmu.npz"))
            write_npz(own, [walk], "non-commercial")
            Run(replace(small(), more_data=(str(own),)), first, Processes()).follow(report=lambda _: None)
            bound = [{"name": "own.npz", "licence": "non-commercial"}]
            self.assertEqual(checkpoint.load(first)["own_data"], bound)
            run = Run(small(), second, Processes())
            run.start_from(checkpoint.load(first))
            run.save()
            self.assertEqual(checkpoint.load(second)["own_data"], bound)
            promises = manifest(StreamForm(*checkpoint.load_network(second)), "own", "float32", bound)
            self.assertNotIn("Apache", promises["licence"])
            self.assertIn(bound[0], promises["training_data"])

    def test_weights_alone_start_a_run_but_do_not_resume_one(self):
        with tempfile.TemporaryDirectory() as folder:
            weights = Path(folder, "weights.pt")
            checkpoint.save(weights, small(), PoseMoE(SIZES["xs"]), [], state=None)
            run = Run(small(), None, Processes())
            run.start_from(checkpoint.load(weights))
            with self.assertRaisesRegex(checkpoint.CheckpointError, "weights only"):
                run.resume(checkpoint.load(weights))

    def test_a_run_goes_on_from_weights_with_a_later_stage(self):
        with tempfile.TemporaryDirectory() as folder:
            weights = Path(folder, "weights.pt")
            checkpoint.save(weights, small(), PoseMoE(SIZES["xs"]), [], state=None)
            run = Run(small(), None, Processes())
            run.start_from(checkpoint.load(weights), small().stages[-1].name)
            followed = []
            with mock.patch.object(run, "_log", lambda stage, _: followed.append(stage.name)):
                run.follow(report=lambda _: None)
            self.assertEqual(followed, [small().stages[-1].name] * small().stages[-1].steps)
            with self.assertRaisesRegex(recipe.RecipeError, "no stage 'third'; the recipe has single-frame, streams"):
                run.start_from(checkpoint.load(weights), "third")
            with self.assertRaisesRegex(checkpoint.CheckpointError, "of size xs, variant full; the recipe has s, full"):
                Run(replace(small(), size="s"), None, Processes()).start_from(checkpoint.load(weights))

    def test_a_damaged_checkpoint_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            bad = Path(folder, "bad.pt")
            with self.assertRaisesRegex(checkpoint.CheckpointError, "there is no checkpoint"):
                checkpoint.load(bad)
            bad.write_bytes(b"not a checkpoint")
            with self.assertRaisesRegex(checkpoint.CheckpointError, "is not a checkpoint"):
                checkpoint.load(bad)
            torch.save({"format": 1}, bad)
            with self.assertRaisesRegex(checkpoint.CheckpointError, "format 1, expected 4"):
                checkpoint.load(bad)


class Recipes(unittest.TestCase):
    def test_all_that_ship_can_be_read(self):
        for path in recipe.CONFIGS.glob("*.yaml"):
            self.assertEqual(recipe.read(path.stem).size in ("xs", "s", "b"), True)

    def test_what_does_not_fit_is_refused_by_name(self):
        stage = {"name": "one", "steps": 1, "frames": 1, "batch": 1, "matrix_rate": 0.01}
        for change, message in (
            ({"sise": "s"}, "'sise' is unknown"),
            ({"size": "xxl"}, "size is 'xxl', expected one of xs, s, b"),
            ({"variant": "none"}, "variant is 'none'"),
            ({"stages": [dict(stage, frames=98)]}, "98 frames, expected 1 to 97"),
            ({"memory": {"frames": 9}, "stages": [dict(stage, frames=11)]}, "11 frames, expected 1 to 10"),
            ({"memory": {"length": 9}}, "'length' is unknown"),
            ({"stages": [dict(stage, steps=0)]}, "steps and batch must be 1 or more"),
            ({"stages": [{"name": "one"}]}, "missing"),
            ({"stages": []}, "list of stages"),
        ):
            with self.assertRaisesRegex(recipe.RecipeError, message):
                recipe.parse({"size": "s", "stages": [stage], **change}, "test")
        with self.assertRaisesRegex(recipe.RecipeError, "there is no recipe"):
            recipe.read("nothing")


if __name__ == "__main__":
    unittest.main()
