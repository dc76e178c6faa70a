"""Recordings, the data sets' own files, and `prepare`. No torch; runs in seconds.

    python -m unittest tests.test_sources        (in the folder training/)
"""

import json
import struct
import unittest
import zlib
from pathlib import Path

import numpy as np

from posemoe_training.sources import h36m, mpi_inf_3dhp
from posemoe_training.sources.data_pickle import load_objects
from posemoe_training.sources.mat5 import read_cells
from posemoe_training.sources.recording import read_npz, write_npz
from posemoe_training.sources.repair import continuous_parts, thin

from tests.motion_files import STANDING_M, Case, bvh_text, channels, moving


def mat5(name: str, arrays, compressed: bool) -> bytes:
    """A MATLAB file with one cell array, written by hand."""
    def element(kind, data):
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    def matrix(array_class, shape, title, content):
        head = element(6, struct.pack("<II", array_class, 0)) + element(5, struct.pack("<ii", *shape))
        return element(14, head + element(1, title.encode()) + content)

    cells = b"".join(matrix(6, a.shape, "", element(9, a.astype("<f8").tobytes(order="F"))) for a in arrays)
    body = matrix(1, (len(arrays), 1), name, cells)
    if compressed:
        packed = zlib.compress(body)
        body = struct.pack("<II", 15, len(packed)) + packed
    return b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + body


class OwnFiles(Case):
    def test_round_trip(self):
        kept = [moving(120), moving(2, seed=1), moving(1, seed=2)]
        write_npz(self.folder / "a.npz", kept, "mine")
        for before, after in zip(kept, read_npz(self.folder / "a.npz")):
            self.assertLess(np.linalg.norm(before.positions_m - after.positions_m, axis=-1).max(), 0.5e-3)
            self.assertEqual((after.source, after.subject, after.action, after.fps), ("a", "s1", "walk", 60))
        self.assertEqual(list(np.load(self.folder / "a.npz")["licence"]), ["mine"])

    def test_refuses_what_does_not_fit(self):
        for frame, value, pattern in ((5, np.nan, "NaN or infinity first in frame 5"), (7, 40.0, "jumps .* frame 7"),
                                      (0, -20.0, "from the origin in frame 0")):
            recording = moving()
            recording.positions_m[frame, 0] = value
            self.refuses(pattern, write_npz, self.folder / "a.npz", [moving(), recording], "mine")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_damaged_files(self):
        write_npz(self.folder / "a.npz", [moving()], "mine")
        data = (self.folder / "a.npz").read_bytes()
        (self.folder / "cut.npz").write_bytes(data[:len(data) // 2])
        np.savez(self.folder / "other.npz", x=np.zeros(3))
        for name, pattern in (("cut", "cannot be read"), ("other", r"lacks .*names.* holds \['x'\]"),
                              ("none", "cannot be read")):
            self.refuses(pattern, list, read_npz(self.folder / f"{name}.npz"))

    def test_cuts_at_jumps_and_gaps(self):
        recording = moving(600)
        recording.positions_m[200:] += 2.0         # a jump
        recording.positions_m[400, 3] = np.nan     # a gap
        recording.positions_m[560:] += 3.0         # a jump, and too little after it
        parts, losses = continuous_parts(recording)
        found = [(part.action, len(part.positions_m)) for part in parts]
        self.assertEqual(found, [("walk_1", 200), ("walk_2", 200), ("walk_3", 159)])
        self.assertEqual([loss.reason for loss in losses], ["not finite", "jump"])
        self.assertEqual([loss.reason for loss in continuous_parts(moving(30))[1]], ["too short"])

    def test_thin(self):
        for fps, kept in ((120.0005, 60), (100, 50), (60, 60), (24, 24), (119.88, 59.94)):
            self.assertAlmostEqual(thin(moving(fps=fps)).fps, kept, places=2)


class H36m(Case):
    def setUp(self):
        super().setUp()
        joints = np.zeros((100, 32, 3), np.float32)
        joints[:, h36m.SEVENTEEN_OF_32] = moving(100).positions_m
        self.truth = {"S9": {"Walking": joints, "Bad": joints[:, :5]}}
        pixels = np.random.default_rng(0).uniform(0, 1000, (110, 17, 2)).astype(np.float32)
        views = [pixels, pixels[:90], pixels[:, :3], np.concatenate([pixels, pixels[..., :1] / 1000], -1)]
        camera = {"width": 1000, "height": 1002, "K": [[1145, 0, 512], [0, 1144, 515], [0, 0, 1]],
                  "distortion_plumb_bob": [0] * 5, "R_camera_from_world": np.eye(3).tolist(),
                  "t_camera_from_world_m": [0, 0, 5]}
        self.path_3d, self.path_2d = self.folder / "data_3d_h36m.npz", self.folder / "data_2d_h36m_x.npz"
        np.savez(self.path_3d, positions_3d=self.truth)
        np.savez(self.path_2d, positions_2d={"S9": {"Walking": views}}, metadata={"layout_name": "h36m"})
        self.cameras = self.write("cameras.json", json.dumps({"S9": [camera] * 4}))

    def test_positions(self):
        bad, walking = h36m.jobs(self.folder)
        self.refuses(r"S9 Bad: \(100, 5, 3\) .*expected \(frames, 32, 3\)", bad.read)
        [recording] = walking.read()
        self.assertEqual((recording.subject, recording.action, recording.fps), ("S9", "S9 Walking", 50))
        np.testing.assert_array_equal(recording.positions_m, moving(100).positions_m)

    def test_real_keypoints(self):
        sequences, left_out = h36m.read_video_sequences(self.path_3d, self.path_2d, self.cameras)
        self.assertEqual([s.camera_index for s in sequences], [0, 3])
        self.assertEqual(sequences[0].keypoints_px.shape, (100, 17, 2))
        self.assertLess(sequences[1].score.max(), 1.0)
        self.assertEqual([e.reason for e in left_out], ["wrong shape", "too few frames", "wrong shape"])
        np.savez(self.path_2d, positions_2d={}, metadata={"layout_name": "coco"})
        pair = self.path_3d, self.path_2d, self.cameras
        self.refuses("order of 'coco', expected 'h36m'", h36m.read_video_sequences, *pair)
        self.write("cameras.json", '{"S9": [{"width": 1000}]}')
        np.savez(self.path_2d, positions_2d={}, metadata={"layout_name": "h36m"})
        self.refuses("must be .* numbers", h36m.read_video_sequences, *pair)

    def test_a_pickle_cannot_run_code(self):
        class Nasty:
            def __reduce__(self):
                return print, ("run",)

        np.savez(self.path_3d, positions_3d={"S9": Nasty()})
        self.refuses("the file asks for builtins.print", h36m.jobs, self.path_3d)
        self.path_3d.write_bytes(self.path_2d.read_bytes()[:-200])
        self.refuses("cannot be read", load_objects, self.path_3d)


class MpiInf3dhp(Case):
    def annotation(self, x_m: np.ndarray, name="S1/Seq2/annot.mat", compressed=False) -> Path:
        joints = np.zeros((len(x_m), 28, 3))
        joints[:, mpi_inf_3dhp.SEVENTEEN_OF_28] = x_m * 1000
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mat5("annot3", [joints.reshape(len(x_m), -1)] * 14, compressed))
        return path

    def test_level_camera_and_calibration(self):
        world = moving().positions_m
        # Seen by a level camera at (0, -4, 1.5) that looks along +y: right +x, down -z.
        camera = (world - [0, -4, 1.5]) @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0.0]])
        path = self.annotation(camera)
        recording = mpi_inf_3dhp.read(path)
        self.assertEqual((recording.subject, recording.action, recording.fps), ("S1", "S1 Seq2", 50))
        np.testing.assert_allclose(recording.positions_m, world - [0, -4, 1.5], atol=1e-5)
        # The studio's world has y up: (x, z, -y). Its camera: y down, z away.
        self.write("S1/Seq2/camera.calibration", "Skeletool Camera Calibration File V1.0\nname 0\n size 2048 2048\n"
                   " extrinsic 1 0 0 0 0 -1 0 1500 0 0 -1 4000 0 0 0 1\nname 1\n extrinsic 1 2\n")
        np.testing.assert_allclose(mpi_inf_3dhp.read(path).positions_m, world, atol=1e-5)
        self.refuses("camera 1 has no 16", mpi_inf_3dhp.read, path, camera=1)
        self.refuses("14 cameras, number 20", mpi_inf_3dhp.read, path, camera=20)

    def test_damaged_files(self):
        path = self.annotation(STANDING_M[None], compressed=True)
        np.testing.assert_array_equal(read_cells(path, "annot3")[13].shape, (1, 84))
        good = path.read_bytes()
        for data, pattern in ((b"no matlab", "not a MATLAB file, expected MATLAB 5"), (good[:-9], "cannot be read"),
                              (mat5("annot2", [np.zeros((2, 2))], False), r"the cells annot3, found \['annot2'\]"),
                              (mat5("annot3", [np.zeros((2, 51))], False), r"annot3 has \(2, 51\)"),
                              (good.replace(b"MATLAB 5.0", b"MATLAB 7.3"), "MATLAB 7.3, expected MATLAB 5")):
            path.write_bytes(data)
            self.refuses(pattern, mpi_inf_3dhp.read, path)


class Prepare(Case):
    def test_exit_codes_and_report(self):
        out = self.folder / "my_data" / "out.npz"
        self.write("in/ann/a.bvh", bvh_text(channels(240), frame_s=1 / 120))
        self.assertEqual(self.prepare("bvh", self.folder / "in", "--out", out), 0)
        [recording] = read_npz(out)
        self.assertEqual((recording.subject, recording.fps, len(recording.positions_m)), ("ann", 60, 120))
        self.assertEqual(str(np.load(out)["licence"][0]), "unknown: do not ship weights trained on this")
        self.write("in/bob/cut.bvh", bvh_text(channels(240))[:-30])
        self.write("in/bob/short.bvh", bvh_text(channels(10)))
        self.assertEqual(self.prepare("bvh", self.folder / "in", "--out", out, "--licence", "mine"), 3)
        for words in ("left out: not valid BVH", "left out: too short", "cut.bvh", "mine"):
            self.assertIn(words, self.said.getvalue())
        self.assertEqual(self.prepare("bvh", self.folder / "in" / "bob", "--out", out), 2)
        self.assertIn("nothing usable", self.said.getvalue())

    def test_options(self):
        out = self.folder / "out.npz"
        self.write("in/a.bvh", bvh_text(channels(240)))
        for words, said in ((("h36m", "in", "--unit-m", "1"), "no meaning for h36m"), (("bvh", "nowhere"), "nowhere"),
                            (("bvh", "in", "--fps", "0"), "--fps is 0.0"), (("cmu", "in"), "nothing found")):
            self.assertEqual(self.prepare(words[0], self.folder / words[1], *words[2:], "--out", out), 2)
            self.assertIn(said, self.said.getvalue())
        self.assertEqual(self.prepare("bvh", self.folder / "in", "--up", "z", "--out", out), 0)
        self.assertIn("is --up right?", self.said.getvalue())


if __name__ == "__main__":
    unittest.main()
