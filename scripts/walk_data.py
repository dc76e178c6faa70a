"""Read what the walk report compares: input bags, output bags, calibration and reference."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory

DETECTIONS_TOPIC = "/yolo/tracking"
PEOPLE_TOPIC = "/posemoe/people3d"
TRACKED = 1  # Person3D.TRACKED: seen in this image

COCO = (
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow "
    "left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle"
).split()
# The joints that COCO and Human3.6M both have; everything is measured on these.
LIMBS = (
    "left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist "
    "left_hip right_hip left_knee right_knee left_ankle right_ankle"
).split()
COCO_LIMBS = [COCO.index(name) for name in LIMBS]


@dataclass
class Camera:
    """Pose and image size of one camera; x_camera = rotation @ x_world + shift_m."""

    name: str
    width_px: int
    height_px: int
    rotation: np.ndarray
    shift_m: np.ndarray

    def from_world_m(self, points_m: np.ndarray) -> np.ndarray:
        """World points in this camera's optical frame."""
        return points_m @ self.rotation.T + self.shift_m

    def to_world_m(self, points_m: np.ndarray) -> np.ndarray:
        """Points of this camera's optical frame in the world."""
        return (points_m - self.shift_m) @ self.rotation

    def centre_m(self) -> np.ndarray:
        """Where the camera is in the world."""
        return self.to_world_m(np.zeros(3))


@dataclass
class Pose:
    """One person of one People3D message, camera optical frame."""

    joints_m: Dict[str, np.ndarray]
    sigma_m: Dict[str, float]
    root_sigma_m: np.ndarray  # along each axis


@dataclass
class Walk:
    """Input, output and reference of one camera, one row for each input frame.

    Frames in which posemoe gave no tracked pose are NaN in `predicted_m` and `sigma_m`.
    """

    camera: Camera
    keypoints_px: np.ndarray  # (F, 17, 2) COCO, NaN where the detector was not sure
    limbs_m: np.ndarray  # (F, 12, 3) predicted, camera frame
    sigma_m: np.ndarray  # (F, 12)
    poses: List[Optional[Pose]]
    reference_world_m: np.ndarray  # (F, 17, 3) COCO

    def posed(self) -> np.ndarray:
        """Which frames have a pose (F,)."""
        return np.array([pose is not None for pose in self.poses])


def read_topic(path: Path, topic: str) -> Iterator[Any]:
    """Every message of a topic, decoded by a reader that is not ours from the bag's own schema."""
    with path.open("rb") as stream:
        reader = make_reader(stream, decoder_factories=[DecoderFactory()])
        for _, _, _, message in reader.iter_decoded_messages(topics=[topic]):
            yield message


def stamp_ns(message: Any) -> int:
    """The header's stamp."""
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def camera_name(frame_id: str) -> str:
    """cam01_optical_frame -> cam01."""
    return frame_id[: -len("_optical_frame")] if frame_id.endswith("_optical_frame") else frame_id


def read_keypoints(path: Path) -> Tuple[str, Dict[int, np.ndarray]]:
    """Camera and, for each stamp in ns, keypoints (17, 2) of the one person in an input bag."""
    camera, frames = "", {}
    for message in read_topic(path, DETECTIONS_TOPIC):
        camera = camera_name(message.header.frame_id)
        points = np.full((len(COCO), 2), np.nan)
        for detection in message.detections:
            for k in detection.keypoints.data:
                points[k.id - 1] = (k.point.x, k.point.y)
        frames[stamp_ns(message)] = points
    if not frames:
        raise ValueError("{}: no message on {}".format(path, DETECTIONS_TOPIC))
    return camera, frames


def tracked_person(message: Any) -> Optional[Any]:
    """The person seen in this image; the most certain one should there be several."""
    seen = [p for p in message.people if p.state == TRACKED]
    return max(seen, key=lambda p: p.confidence) if seen else None


def read_poses(path: Path) -> Tuple[str, Dict[int, Pose]]:
    """Camera and, for each stamp in ns, the pose in an output bag of `posemoe replay`."""
    camera, poses = "", {}
    for message in read_topic(path, PEOPLE_TOPIC):
        camera = camera_name(message.header.frame_id)
        person = tracked_person(message)
        if person is None:
            continue
        named = dict(zip(message.joint_names, person.joints))
        joints = {n: np.array([j.position.x, j.position.y, j.position.z]) for n, j in named.items()}
        root_sigma = np.array([person.root_sigma.x, person.root_sigma.y, person.root_sigma.z])
        poses[stamp_ns(message)] = Pose(joints, {n: j.sigma_m for n, j in named.items()}, root_sigma)
    if not camera:
        raise ValueError("{}: no message on {}".format(path, PEOPLE_TOPIC))
    return camera, poses


def read_cameras(path: Path) -> Dict[str, Camera]:
    """All cameras of walk_calibration.json."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Camera(
            name,
            c["width"],
            c["height"],
            np.array(c["R_camera_from_world"], float),
            np.array(c["t_camera_from_world_m"], float),
        )
        for name, c in content.items()
    }


def join(camera: Camera, keypoints: Dict[int, np.ndarray], poses: Dict[int, Pose], reference: np.ndarray) -> Walk:
    """Put input, output and reference side by side by their stamps."""
    stamps = sorted(keypoints)
    if len(stamps) != len(reference):
        raise ValueError("{}: {} frames, the reference has {}".format(camera.name, len(stamps), len(reference)))
    strangers = sorted(set(poses) - set(stamps))
    if strangers:
        raise ValueError(
            "{}: {} output stamps are no input stamps, the first is {} ns".format(
                camera.name, len(strangers), strangers[0]
            )
        )
    limbs = np.full((len(stamps), len(LIMBS), 3), np.nan)
    sigma = np.full((len(stamps), len(LIMBS)), np.nan)
    row_poses = [poses.get(stamp) for stamp in stamps]
    for row, pose in enumerate(row_poses):
        if pose is not None:
            limbs[row] = [pose.joints_m[name] for name in LIMBS]
            sigma[row] = [pose.sigma_m[name] for name in LIMBS]
    points = np.stack([keypoints[stamp] for stamp in stamps])
    return Walk(camera, points, limbs, sigma, row_poses, reference)


def read_walks(
    outputs: Sequence[Path], inputs: Sequence[Path], calibration: Path, reference: Path
) -> Tuple[List[Walk], float]:
    """Every camera's walk, in the order of their names, and the frame rate in Hz."""
    cameras = read_cameras(calibration)
    truth = json.loads(reference.read_text(encoding="utf-8"))
    frames_world_m = np.array(truth["frames"], float)
    keypoints = dict(read_keypoints(path) for path in inputs)
    walks: List[Walk] = []
    for name, poses in sorted((read_poses(path) for path in outputs), key=lambda pair: pair[0]):
        if any(walk.camera.name == name for walk in walks):
            raise ValueError("two outputs are of camera {!r}".format(name))
        if name not in cameras or name not in keypoints:
            raise ValueError("output of camera {!r}: there is no calibration or no input bag of it".format(name))
        walks.append(join(cameras[name], keypoints[name], poses, frames_world_m))
    return walks, float(truth["fps"])
