#!/usr/bin/env python3
"""Write tests/data/walk_cam01..04.mcap from the keypoints in tests/data/walk/.

Each bag is what a robot with one camera and yolo_ros would have recorded: `/yolo/tracking` and
`/camera/camera_info`. The same input always gives the same bytes (with the library versions of
scripts/requirements.txt), so `--check` can tell whether the committed bags are up to date.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Sequence

from mcap_ros2.writer import Writer

from ros_schemas import REPOSITORY, schema_text

CAMERAS = ("cam01", "cam02", "cam03", "cam04")
DATA_FOLDER = REPOSITORY / "tests" / "data"

DETECTIONS_TOPIC = "/yolo/tracking"
DETECTIONS_TYPE = "yolo_msgs/msg/DetectionArray"
CAMERA_INFO_TOPIC = "/camera/camera_info"
CAMERA_INFO_TYPE = "sensor_msgs/msg/CameraInfo"

FIRST_STAMP_NS = 1_760_000_000 * 10**9  # 2025-10-09 08:53:20 UTC: any fixed, believable moment
CAMERA_INFO_DELAY_NS = 1_000_000  # a driver publishes CameraInfo with the image
DETECTOR_DELAY_NS = 20_000_000  # a small YOLO pose model on an embedded GPU; longer than one frame
MIN_SCORE = 0.2  # yolo_ros leaves out keypoints under its threshold
CHUNK_SIZE_BYTES = 32 * 1024  # small, so that every bag has several chunks as real ones do


class BagMessage(NamedTuple):
    """One message on its way into a bag; sorts by log time."""

    log_time_ns: int
    topic: str
    sequence: int
    content: Dict[str, Any]


def stamp_ns(frame: int, rate_hz: int) -> int:
    """Stamp of a frame, rounded to the nanosecond without adding up rounding errors."""
    return FIRST_STAMP_NS + (frame * 10**9 + rate_hz // 2) // rate_hz


def header(camera: str, stamp: int) -> Dict[str, Any]:
    """std_msgs/Header of a frame."""
    sec, nanosec = divmod(stamp, 10**9)
    return {"stamp": {"sec": sec, "nanosec": nanosec}, "frame_id": camera + "_optical_frame"}


def bounding_box(keypoints: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    """yolo_msgs/BoundingBox2D that just holds the keypoints, pixels."""
    xs = [k["point"]["x"] for k in keypoints]
    ys = [k["point"]["y"] for k in keypoints]
    centre = {"x": (min(xs) + max(xs)) / 2, "y": (min(ys) + max(ys)) / 2}
    size = {"x": max(xs) - min(xs), "y": max(ys) - min(ys)}
    return {"center": {"position": centre, "theta": 0.0}, "size": size}


def detection_array(camera: str, stamp: int, points: Sequence[Sequence[float]]) -> Dict[str, Any]:
    """yolo_msgs/DetectionArray with the one person, as yolo_ros's tracking node publishes it."""
    keypoints: List[Dict[str, Any]] = [
        # yolo_ros counts keypoints from 1 and leaves the weak ones out.
        {"id": index + 1, "point": {"x": x_px, "y": y_px}, "score": score}
        for index, (x_px, y_px, score) in enumerate(points)
        if score >= MIN_SCORE
    ]
    detection = {
        "class_id": 0,
        "class_name": "person",
        "score": sum(k["score"] for k in keypoints) / len(keypoints),
        "id": "1",
        "bbox": bounding_box(keypoints),
        "bbox3d": {"center": {"orientation": {"x": 0.0, "y": 0.0, "z": 0.0, "w": 1.0}}},
        "keypoints": {"data": keypoints},
    }
    return {"header": header(camera, stamp), "detections": [detection]}


def camera_info(camera: str, stamp: int, calibration: Dict[str, Any]) -> Dict[str, Any]:
    """sensor_msgs/CameraInfo of one frame."""
    k_rows: List[List[float]] = [[float(v) for v in row] for row in calibration["K"]]
    return {
        "header": header(camera, stamp),
        "height": calibration["height"],
        "width": calibration["width"],
        "distortion_model": "plumb_bob",
        "d": [float(v) for v in calibration["distortion_plumb_bob"]],
        "k": [v for row in k_rows for v in row],
        "r": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],  # monocular: no rectifying rotation
        "p": [v for row in k_rows for v in row + [0.0]],
    }


def bag_messages(camera: str, walk: Dict[str, Any], calibration: Dict[str, Any]) -> List[BagMessage]:
    """All messages of one bag in the order in which a recorder would have received them."""
    messages: List[BagMessage] = []
    for frame, points in enumerate(walk["frames"]):
        stamp = stamp_ns(frame, walk["fps"])
        info = camera_info(camera, stamp, calibration)
        detections = detection_array(camera, stamp, points)
        messages.append(BagMessage(stamp + CAMERA_INFO_DELAY_NS, CAMERA_INFO_TOPIC, frame, info))
        messages.append(BagMessage(stamp + DETECTOR_DELAY_NS, DETECTIONS_TOPIC, frame, detections))
    return sorted(messages, key=lambda m: (m.log_time_ns, m.topic))


def bag_bytes(messages: Sequence[BagMessage]) -> bytes:
    """The MCAP file (profile ros2, chunks compressed with zstd)."""
    stream = io.BytesIO()
    with Writer(stream, chunk_size=CHUNK_SIZE_BYTES) as writer:
        schemas = {
            topic: writer.register_msgdef(type_name, schema_text(type_name))
            for topic, type_name in (
                (CAMERA_INFO_TOPIC, CAMERA_INFO_TYPE),
                (DETECTIONS_TOPIC, DETECTIONS_TYPE),
            )
        }
        for m in messages:
            writer.write_message(
                m.topic, schemas[m.topic], m.content, log_time=m.log_time_ns, sequence=m.sequence
            )
    return stream.getvalue()


def make_bag(camera: str, source_folder: Path) -> bytes:
    """The bag of one camera."""
    walk = json.loads((source_folder / "walk_{}.json".format(camera)).read_text(encoding="utf-8"))
    calibration = json.loads((source_folder / "walk_calibration.json").read_text(encoding="utf-8"))
    return bag_bytes(bag_messages(camera, walk, calibration[camera]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DATA_FOLDER, help="folder for the bags [%(default)s]")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a bag differs")
    args = parser.parse_args()
    stale = 0
    for camera in CAMERAS:
        path = args.out / "walk_{}.mcap".format(camera)
        content = make_bag(camera, DATA_FOLDER / "walk")
        if not args.check:
            path.write_bytes(content)
            print("{}: {:.0f} kB".format(path, len(content) / 1000))
        elif not path.exists() or path.read_bytes() != content:
            print("{} is not what this script writes now".format(path), file=sys.stderr)
            stale += 1
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
