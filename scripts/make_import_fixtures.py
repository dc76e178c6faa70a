#!/usr/bin/env python3
"""Write tests/data/import/: small invented recordings in the formats that `posemoe import` reads.

Nothing in them comes from a data set; only how the files are laid out, and (for Human3.6M) where its
cameras stand. numpy and scipy write the arrays, as they wrote the files that users have. `golden.json`
has the pixels in which each camera sees the joints, computed here and not by posemoe. Needs numpy 2, and
scipy besides scripts/requirements.txt; the same versions give the same bytes.
"""

from __future__ import annotations

import io
import json
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Sequence

import numpy as np

from ros_schemas import REPOSITORY

OUT = REPOSITORY / "tests" / "data" / "import"
FRAMES = 12
# Pelvis, right leg, left leg, spine, thorax, nose, head, left arm, right arm: x right, y ahead, z up.
STANDING_M = np.array(
    [[0, 0, 0.95], [0.13, 0, 0.95], [0.14, 0.02, 0.5], [0.14, -0.05, 0.08], [-0.13, 0, 0.95],
     [-0.14, 0.02, 0.5], [-0.14, -0.05, 0.08], [0, -0.02, 1.2], [0, 0, 1.45], [0, 0.1, 1.58],
     [0, 0.02, 1.7], [-0.18, 0, 1.43], [-0.25, 0, 1.15], [-0.24, 0.15, 0.95], [0.18, 0, 1.43],
     [0.25, 0, 1.15], [0.24, 0.15, 0.95]])
SEVENTEEN_OF_32 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
SEVENTEEN_OF_28 = (4, 23, 24, 25, 18, 19, 20, 3, 5, 6, 7, 9, 10, 11, 14, 15, 16)


class Camera(NamedTuple):
    """OpenCV's pinhole: metres, pixels."""

    focal_px: Sequence[float]
    centre_px: Sequence[float]
    distortion: Sequence[float]
    camera_from_world: np.ndarray
    centre_m: Sequence[float]

    def pixels(self, points_m: np.ndarray) -> np.ndarray:
        """(..., 2) for (..., 3) in the world."""
        seen = (points_m - self.centre_m) @ self.camera_from_world.T
        x, y = seen[..., 0] / seen[..., 2], seen[..., 1] / seen[..., 2]
        k1, k2, p1, p2, k3 = self.distortion
        r2 = x * x + y * y
        radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
        x, y = (x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
                y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y)
        return np.stack([x, y], -1) * self.focal_px + self.centre_px


def turned(w: float, x: float, y: float, z: float) -> np.ndarray:
    """The matrix of a quaternion."""
    return np.array([[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                     [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                     [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])


def looking(centre_m: Sequence[float], at_m: Sequence[float]) -> np.ndarray:
    """Rows right, down and ahead of a camera that looks from here to there, world z up."""
    ahead = np.subtract(at_m, centre_m)
    ahead = ahead / np.linalg.norm(ahead)
    right = np.cross(ahead, [0, 0, 1])
    right = right / np.linalg.norm(right)
    return np.stack([right, np.cross(ahead, right), ahead])


# Camera 54138969 and subject S9 of Human3.6M, as VideoPose3D lists them (its tangential pair turned about).
H36M = Camera(
    [1145.0494384765625, 1143.7811279296875], [512.54150390625, 515.4514770507812],
    [-0.20709891617298126, 0.24777518212795258, -0.00142447161488235, -0.0009756988729350269,
     -0.0030751503072679043],
    turned(0.15540587902069092, -0.15548215806484222, -0.7532095313072205, 0.6199594736099243).T,
    [2.04445849609375, 4.9351171875, 1.4812275390625])


def walk(ahead_m: float, aside_m: float) -> np.ndarray:
    """(FRAMES, 17, 3): somebody who goes ahead and swings arms and legs."""
    found = np.repeat(STANDING_M[None], FRAMES, 0) + [aside_m, ahead_m, 0]
    swing = 0.2 * np.sin(np.arange(FRAMES) / 5)
    for joints, share in (((2, 3, 12, 13), 1), ((5, 6, 15, 16), -1)):
        found[:, joints, 1] += share * swing[:, None]
    found[..., 1] += 0.02 * np.arange(FRAMES)[:, None]
    return found


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def archive(entries: Dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in entries.items():
            file.writestr(zipfile.ZipInfo(name + ".npy"), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def npy(value: Any, protocol: int) -> bytes:
    """What numpy saves for an object, with another protocol than numpy's."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": ()})
    pickle.dump(np.array(value, dtype=object), stream, protocol)
    return stream.getvalue()


def saved(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


class Evil:
    def __reduce__(self) -> Any:
        import os
        return os.system, ("touch posemoe_was_here",)


def h36m(golden: Dict[str, Any]) -> None:
    seventeen = walk(0, 0).astype(np.float32)
    of_32 = np.zeros((FRAMES, 32, 3), np.float32)
    of_32[:, SEVENTEEN_OF_32] = seventeen
    table = {"S9": {"Walking 1": of_32}, "S11": {"Sitting": of_32[:6]}, "S4": {"Walking": of_32}}
    write(OUT / "h36m" / "data_3d_h36m.npz", saved(positions_3d=table))
    for protocol in (2, 3, 5):
        # Rows in another order in memory, another byte order, 17 joints: the same numbers.
        array = {2: np.asfortranarray(seventeen), 3: seventeen.astype(">f8"), 5: seventeen}[protocol]
        content = npy({"S9": {"Walking 1": array}}, protocol)
        if protocol == 2:  # as numpy before 2.0 named it
            content = content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
        write(OUT / "h36m" / f"protocol{protocol}.npz", archive({"positions_3d": content}))

    pixels = H36M.pixels(seventeen.astype(float))
    golden["h36m"] = pixels.tolist()
    # A frame more than the truth, and each camera's a pixel further to the right.
    longer = np.concatenate([pixels, pixels[-1:]]).astype(np.float32)
    views = [longer + np.array([camera, 0], np.float32) for camera in range(4)]
    metadata = {"layout_name": "h36m", "num_joints": 17, "keypoints_symmetry": [[4, 5, 6], [1, 2, 3]]}
    seen = {"S9": {"Walking 1": views}}
    write(OUT / "h36m" / "data_2d_h36m_test.npz", saved(positions_2d=seen, metadata=metadata))
    metadata["layout_name"] = "coco"
    write(OUT / "h36m" / "data_2d_coco.npz", saved(positions_2d=seen, metadata=metadata))

    broken = seventeen.copy()
    broken[3, 5, 1] = np.nan
    for name, value in {
        "nan": {"S9": {"Walking": broken}}, "shape": {"S9": {"Walking": seventeen[:, :16]}},
        "flat": {"S9": seventeen}, "text": {"S9": {"Walking": "here"}}, "evil": Evil(),
    }.items():
        write(OUT / "h36m" / f"{name}.npz", saved(positions_3d=value))
    write(OUT / "h36m" / "other.npz", saved(positions=seventeen))
    write(OUT / "h36m" / "numbers.npz", saved(positions_3d=seventeen))


def panoptic(golden: Dict[str, Any]) -> None:
    folder = OUT / "panoptic" / "studio_1"
    coco19 = (8, 9, 0, 11, 12, 13, 4, 5, 6, 14, 15, 16, 1, 2, 3)  # its neck from the thorax
    people = [walk(0, 0), walk(0.5, 1.2)]
    camera = Camera([1400.0, 1395.0], [960.0, 541.0], [-0.25, 0.2, 0.001, -0.0005, -0.05],
                    looking([0.3, -3.4, 1.6], [0.2, 0, 1.1]), [0.3, -3.4, 1.6])
    # The studio's y points down: its x, y, z are x, -z, y.
    studio_from_world = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    turn = camera.camera_from_world @ studio_from_world.T
    shift_cm = -100 * turn @ (studio_from_world @ camera.centre_m)
    hd = {"name": "00_05", "type": "hd", "resolution": [1920, 1080], "panel": 0, "node": 5,
          "K": [[1400, 0, 960], [0, 1395, 541], [0, 0, 1]], "distCoef": camera.distortion,
          "R": turn.tolist(), "t": shift_cm[:, None].tolist()}
    turned_away = {**hd, "name": "00_17", "R": (np.diag([-1, 1, -1]) @ turn).tolist(),
                   "t": (np.diag([-1, 1, -1]) @ shift_cm)[:, None].tolist()}
    calibration = {"calibDataSource": "invented", "cameras": [{"name": "01_01", "type": "vga"}, hd, turned_away]}
    write(folder / "calibration_studio_1.json", json.dumps(calibration).encode())
    golden["panoptic"] = []
    for frame in range(4):
        bodies = []
        for number, person in enumerate(people):
            joints = np.full((19, 4), [0, 0, 0, -1.0])
            joints[:15, :3] = np.round(100 * person[frame, coco19] @ studio_from_world.T, 4)
            joints[:15, 3] = 0.6
            if frame == 2 and number == 1:
                joints[5, 3] = 0.05  # the left wrist: too uncertain
            bodies.append({"id": 7 + number, "joints19": joints.ravel().tolist()})
        if frame == 1:  # an outlier
            bodies.append({"id": -1, "joints19": bodies[0]["joints19"]})
        scene = {"version": 0.7, "univTime": 1.0, "fpsType": "hd_29_97", "bodies": bodies}
        path = folder / "hdPose3d_stage1_coco19" / f"body3DScene_{120 + frame:08d}.json"
        write(path, json.dumps(scene).encode())
        golden["panoptic"].append([camera.pixels(person[frame]).tolist() for person in people])


def mpi_inf_3dhp(golden: Dict[str, Any]) -> None:
    from scipy.io import savemat  # the only one who needs it

    seventeen = walk(0, 0)
    # The studio's y points up: its x, y, z are the world's y, z, x.
    studio_from_world = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    calibration, cells = "Skeletool Camera Calibration File V1.0\n", []
    for name, centre in (("0", [0, -4.0, 1.4]), ("1", [3.0, -3.0, 0.6])):
        camera = Camera([1498.0, 1497.0], [1024.7, 1051.4], [0.0] * 5, looking(centre, [0, 0, 1.0]), centre)
        turn = camera.camera_from_world @ studio_from_world.T
        extrinsic = np.eye(4)
        extrinsic[:3, :3], extrinsic[:3, 3] = turn, -1000 * camera.camera_from_world @ centre
        intrinsic = np.eye(4)
        intrinsic[[0, 1], [0, 1]], intrinsic[:2, 2] = camera.focal_px, camera.centre_px
        line = {k: " ".join(repr(float(v)) for v in m.ravel()) for k, m in
                (("intrinsic", intrinsic), ("extrinsic", extrinsic))}
        calibration += (f"name          {name}\n  sensor      10 10\n  size        2048 2048\n  animated    0\n"
                        f"  intrinsic   {line['intrinsic']} \n  extrinsic   {line['extrinsic']} \n  radial      0\n")
        annotation = np.zeros((FRAMES, 28, 3))
        annotation[:, SEVENTEEN_OF_28] = 1000 * (seventeen - centre) @ camera.camera_from_world.T
        cells.append(annotation.reshape(FRAMES, 84))
        golden[f"mpi_inf_3dhp_{name}"] = camera.pixels(seventeen).tolist()
    column = np.empty((2, 1), object)
    column[:, 0] = cells
    folder = OUT / "mpi_inf_3dhp" / "S1" / "Seq2"
    for name, compressed in (("annot.mat", True), ("plain.mat", False)):
        stream = io.BytesIO()
        content = {"frames": np.arange(FRAMES, dtype=np.int32)[:, None], "annot3": column}
        savemat(stream, content, do_compression=compressed)
        header = b"MATLAB 5.0 MAT-file, written by make_import_fixtures.py".ljust(116)
        write(folder / name, header + stream.getvalue()[116:])
    write(folder / "camera.calibration", calibration.encode())

    # The test set: one camera, in whose frame everybody is; its numbers are in mm on a sensor of 10 mm.
    head_top_to_head = (10, 8, 14, 15, 16, 11, 12, 13, 1, 2, 3, 4, 5, 6, 0, 7, 9)
    camera = Camera([1683.98345952] * 2, [939.85754016, 560.140743168], [0.0] * 5, np.eye(3), [0, 0, 0])
    seen = seventeen @ np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]).T + [0.2, 1.1, 4.0]
    annotation = 1000 * np.transpose(seen[:, head_top_to_head], (2, 1, 0))[:, :, None]
    valid = np.ones((1, FRAMES), np.uint8)
    valid[0, 3:5] = 0
    stream = io.BytesIO()
    savemat(stream, {"annot3": annotation, "valid_frame": valid}, do_compression=True)
    write(OUT / "mpi_inf_3dhp" / "TS5" / "annot_data_v5.mat", header + stream.getvalue()[116:])
    golden["mpi_inf_3dhp_test"] = camera.pixels(seen[valid[0] == 1]).tolist()


def trc(golden: Dict[str, Any]) -> None:
    markers = {"RHip": 1, "RKnee": 2, "RAnkle": 3, "LHip": 4, "LKnee": 5, "LAnkle": 6, "Neck": 8, "Nose": 9,
               "LShoulder": 11, "LElbow": 12, "LWrist": 13, "RShoulder": 14, "RElbow": 15, "RWrist": 16}
    points = walk(0, 0)
    camera = Camera([800.0, 805.0], [480.0, 270.0], [0.05, -0.02, 0.0, 0.001, 0.0],
                    looking([0.4, -3.0, 1.5], [0, 0, 1.0]), [0.4, -3.0, 1.5])
    described = {"name": "virtual", "width": 960, "height": 540, "K": [[800, 0, 480], [0, 805, 270], [0, 0, 1]],
                 "distortion_plumb_bob": camera.distortion,
                 "R_camera_from_world": camera.camera_from_world.tolist(),
                 "t_camera_from_world_m": (-camera.camera_from_world @ camera.centre_m).tolist()}
    write(OUT / "trc" / "camera.json", json.dumps([described]).encode())
    lines: List[str] = ["PathFileType\t4\t(X/Y/Z)\twalk.trc",
                        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits",
                        f"60\t60\t{FRAMES}\t{len(markers)}\tm",
                        "Frame#\tTime\t" + "\t\t\t".join(markers) + "\t\t",
                        "\t\t" + "\t".join(f"X{i}\tY{i}\tZ{i}" for i in range(1, len(markers) + 1)), ""]
    for frame in range(FRAMES):
        # y up, as Pose2Sim turns it: the file's x, y, z are the world's y, z, x.
        row = points[frame][list(markers.values())][:, [1, 2, 0]]
        lines.append(f"{frame + 1}\t{frame / 60:.6f}\t" + "\t".join(f"{v:.6f}" for v in row.ravel()))
    write(OUT / "trc" / "walk.trc", ("\n".join(lines) + "\n").encode())
    golden["trc"] = camera.pixels(points).tolist()


def main() -> int:
    golden: Dict[str, Any] = {}
    for make in (h36m, panoptic, mpi_inf_3dhp, trc):
        make(golden)
    rounded = {name: np.round(pixels, 4).tolist() for name, pixels in golden.items()}
    write(OUT / "golden.json", json.dumps(rounded).encode() + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
