"""Small files in each format, written by hand, for the tests of the readers."""

import argparse
import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import numpy as np

from posemoe_training import prepare
from posemoe_training.sources import bvh
from posemoe_training.sources.recording import Recording, SourceError

# A person of 1.7 m in a T-pose: facing -y, left +x, z up, metres.
STANDING_M = np.array([
    [0, 0, .9], [-.09, 0, .9], [-.09, 0, .48], [-.09, 0, .08], [.09, 0, .9], [.09, 0, .48], [.09, 0, .08],
    [0, 0, 1.13], [0, 0, 1.38], [0, 0, 1.5], [0, 0, 1.62],
    [.2, 0, 1.38], [.48, 0, 1.38], [.73, 0, 1.38], [-.2, 0, 1.38], [-.48, 0, 1.38], [-.73, 0, 1.38],
], np.float32)

# The same in centimetres and y up, as (name, offset, children); facing +z.
TREE = ("Hips", (0, 0, 0), [
    ("Spine", (0, 5, 0), [("Spine1", (0, 13, 0), [
        ("Neck", (0, 25, 0), [("Head", (0, 12, 0), [(None, (0, 12, 0), [])])]),
        ("LeftShoulder", (5, 25, 0), [
            ("LeftArm", (15, 0, 0), [("LeftForeArm", (28, 0, 0), [("LeftHand", (25, 0, 0), [])])])]),
        ("RightShoulder", (-5, 25, 0), [
            ("RightArm", (-15, 0, 0), [("RightForeArm", (-28, 0, 0), [("RightHand", (-25, 0, 0), [])])])]),
    ])]),
    ("LeftUpLeg", (9, -5, 0), [("LeftLeg", (0, -42, 0), [("LeftFoot", (0, -40, 0), [])])]),
    ("RightUpLeg", (-9, -5, 0), [("RightLeg", (0, -42, 0), [("RightFoot", (0, -40, 0), [])])]),
])


def moving(frames: int = 120, fps: float = 60.0, seed: int = 0) -> Recording:
    """A person who walks a little and waves: every joint swings by some centimetres."""
    rng = np.random.default_rng(seed)
    t = np.arange(frames)[:, None, None] / fps
    swing = 0.01 * np.sin(2 * np.pi * t + rng.uniform(0, 6, (1, 17, 3)))
    return Recording("test", "s1", "walk", fps, (STANDING_M + swing + [0.3, 0.2, 0] * t).astype(np.float32))


def bvh_text(values, prefix="", order="Zrotation Yrotation Xrotation", frame_s=1 / 60, frames=None) -> str:
    lines = []

    def add(node, depth):
        name, offset, children = node
        kind = "End Site" if name is None else f"{'JOINT' if depth else 'ROOT'} {prefix}{name}"
        lines.extend([kind, "{", "OFFSET {} {} {}".format(*offset)])
        if name is not None:
            position = "" if depth else "Xposition Yposition Zposition "
            lines.append(f"CHANNELS {3 if depth else 6} {position}{order}")
        for child in children:
            add(child, depth + 1)
        lines.append("}")

    add(TREE, 0)
    rows = [" ".join(f"{v:.6f}" for v in row) for row in values]
    return "\n".join(["HIERARCHY", *lines, "MOTION", f"Frames: {len(rows) if frames is None else frames}",
                      f"Frame Time: {frame_s}", *rows])


NAMES = [joint.name for joint in bvh.parse(bvh_text(np.zeros((1, 60)))).joints if not joint.name.endswith("End")]


def channels(frames: int = 1) -> np.ndarray:
    """Values of a T-pose, the hips at (10, 95, 5) cm."""
    values = np.zeros((frames, 3 + 3 * len(NAMES)))
    values[:, :3] = 10, 95, 5
    return values


def bone(name, direction, length, axis="0 0 0 XYZ", dof=""):
    return f"begin\n id 1\n name {name}\n direction {direction}\n length {length}\n axis {axis}\n" \
           + (f" dof {dof}\n limits (-1 1)\n" if dof else "") + "end\n"


UNIT_M = 0.0254 / 0.45
ASF = "# by hand\r\n:version 1.10\n:units\n mass 1.0\n length 0.45\n angle deg\n:root\n order TX TY TZ RX RY RZ\n" \
      " axis XYZ\n position 0 0 0\n orientation 0 0 0\n:bonedata\n" + "".join([
          bone("lhipjoint", "1 0 0", 2), bone("lfemur", "0 -1 0", 7, "0 90 0 XYZ", "rx"), bone("ltibia", "0 -1 0", 7),
          bone("rhipjoint", "-1 0 0", 2), bone("rfemur", "0 -1 0", 7), bone("rtibia", "0 -1 0", 7),
          bone("lowerback", "0 1 0", 4), bone("thorax", "0 1 0", 4), bone("upperneck", "0 1 0", 2),
          bone("head", "0 1 0", 2),
          bone("lclavicle", "1 0 0", 3), bone("lhumerus", "1 0 0", 5), bone("lradius", "1 0 0", 3, dof="rz"),
          bone("lwrist", "1 0 0", 2), bone("rclavicle", "-1 0 0", 3), bone("rhumerus", "-1 0 0", 5),
          bone("rradius", "-1 0 0", 3), bone("rwrist", "-1 0 0", 2)]) \
      + ":hierarchy\nbegin\nroot lhipjoint rhipjoint lowerback\nlhipjoint lfemur\nlfemur ltibia\nrhipjoint rfemur\n" \
        "rfemur rtibia\nlowerback thorax\nthorax upperneck lclavicle rclavicle\nupperneck head\nlclavicle lhumerus\n" \
        "lhumerus lradius\nlradius lwrist\nrclavicle rhumerus\nrhumerus rradius\nrradius rwrist\nend\n"


def amc_text(frames) -> str:
    rows = [f"{i + 1}\nroot {root}\nlfemur {thigh}\nlradius {arm}" for i, (root, thigh, arm) in enumerate(frames)]
    return "#!OML:ASF x.ASF\n:FULLY-SPECIFIED\n:DEGREES\n" + "\n".join(rows) + "\n"


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def refuses(self, pattern: str, call, *args, **options):
        with self.assertRaisesRegex(SourceError, pattern):
            call(*args, **options)

    def prepare(self, *words) -> int:
        parser = argparse.ArgumentParser()
        prepare.add_arguments(parser)
        self.said = io.StringIO()
        with contextlib.redirect_stdout(self.said), contextlib.redirect_stderr(self.said):
            return prepare.run(parser.parse_args([str(word) for word in words]))
