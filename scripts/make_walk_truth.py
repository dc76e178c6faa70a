#!/usr/bin/env python3
"""Write tests/data/walk_truth.mcap: where the walker of tests/data/walk/ truly was.

The pose triangulated from all four cameras as `posemoe/msg/People3D` on `/truth/people3d`, in the frame
`world`, with the stamps of the four bags; and on `/tf_static` where each camera is. What
`posemoe evaluate` compares the walk with. The same input always gives the same bytes (with the library
versions of scripts/requirements.txt), so `--check` can tell whether the committed bag is up to date.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from mcap_ros2.writer import Writer

from make_walk_bags import CAMERAS, DATA_FOLDER, stamp_ns
from ros_schemas import schema_text
from walk_data import COCO_LIMBS, LIMBS, TRACKED

PEOPLE_TOPIC = "/truth/people3d"
PEOPLE_TYPE = "posemoe/msg/People3D"
TRANSFORMS_TOPIC = "/tf_static"
TRANSFORMS_TYPE = "tf2_msgs/msg/TFMessage"
WORLD = "world"


def quaternion(rows: Sequence[Sequence[float]]) -> Dict[str, float]:
    """The unit quaternion of a rotation matrix (Shepperd's method: divides by the largest)."""
    m, trace = rows, rows[0][0] + rows[1][1] + rows[2][2]
    squares = [1 + trace] + [1 + 2 * m[i][i] - trace for i in range(3)]
    largest = max(range(4), key=lambda i: squares[i])
    products = [
        [squares[0], m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]],
        [m[2][1] - m[1][2], squares[1], m[0][1] + m[1][0], m[0][2] + m[2][0]],
        [m[0][2] - m[2][0], m[0][1] + m[1][0], squares[2], m[1][2] + m[2][1]],
        [m[1][0] - m[0][1], m[0][2] + m[2][0], m[1][2] + m[2][1], squares[3]],
    ]
    w, x, y, z = products[largest]
    size = (w * w + x * x + y * y + z * z) ** 0.5
    return {"x": x / size, "y": y / size, "z": z / size, "w": w / size}


def header(stamp: int, frame_id: str) -> Dict[str, Any]:
    """std_msgs/Header."""
    sec, nanosec = divmod(stamp, 10**9)
    return {"stamp": {"sec": sec, "nanosec": nanosec}, "frame_id": frame_id}


def point(values: Sequence[float]) -> Dict[str, float]:
    """geometry_msgs/Point or Vector3."""
    return dict(zip("xyz", (float(v) for v in values)))


def transforms(calibration: Dict[str, Any], stamp: int) -> Dict[str, Any]:
    """tf2_msgs/TFMessage: every camera in the world."""
    found: List[Dict[str, Any]] = []
    for camera in CAMERAS:
        rotation = calibration[camera]["R_camera_from_world"]
        shift = calibration[camera]["t_camera_from_world_m"]
        turned_back = [list(column) for column in zip(*rotation)]
        centre = [-sum(r * t for r, t in zip(row, shift)) for row in turned_back]
        found.append(
            {
                "header": header(stamp, WORLD),
                "child_frame_id": camera + "_optical_frame",
                "transform": {"translation": point(centre), "rotation": quaternion(turned_back)},
            }
        )
    return {"transforms": found}


def people(points: Sequence[Sequence[float]], stamp: int) -> Dict[str, Any]:
    """posemoe/People3D of the one person: the joints that COCO and our network both have."""
    limbs = [points[i] for i in COCO_LIMBS]
    hips = [limbs[LIMBS.index(name)] for name in ("left_hip", "right_hip")]
    person = {
        "id": "walker",
        "state": TRACKED,
        "confidence": 1.0,
        "plausibility": math.nan,  # nobody judged it
        "root_position": point([(a + b) / 2 for a, b in zip(*hips)]),
        "joints": [{"position": point(limb), "score": 1.0} for limb in limbs],
    }
    return {"header": header(stamp, WORLD), "joint_names": LIMBS, "people": [person]}


def bag_bytes(reference: Dict[str, Any], calibration: Dict[str, Any]) -> bytes:
    """The MCAP file (profile ros2, chunks compressed with zstd)."""
    stamps = [stamp_ns(frame, int(reference["fps"])) for frame in range(len(reference["frames"]))]
    messages: List[Tuple[int, str, Dict[str, Any]]] = [
        (stamps[0], TRANSFORMS_TOPIC, transforms(calibration, stamps[0]))
    ]
    for stamp, points in zip(stamps, reference["frames"]):
        messages.append((stamp, PEOPLE_TOPIC, people(points, stamp)))
    stream = io.BytesIO()
    with Writer(stream) as writer:
        types = {TRANSFORMS_TOPIC: TRANSFORMS_TYPE, PEOPLE_TOPIC: PEOPLE_TYPE}
        schemas = {t: writer.register_msgdef(name, schema_text(name)) for t, name in types.items()}
        for stamp, topic, content in messages:
            writer.write_message(topic, schemas[topic], content, log_time=stamp)
    return stream.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DATA_FOLDER, help="folder for the bag [%(default)s]")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the bag differs")
    args = parser.parse_args()
    source = DATA_FOLDER / "walk"
    reference = json.loads((source / "walk_reference.json").read_text(encoding="utf-8"))
    calibration = json.loads((source / "walk_calibration.json").read_text(encoding="utf-8"))
    path, content = args.out / "walk_truth.mcap", bag_bytes(reference, calibration)
    if not args.check:
        path.write_bytes(content)
        print("{}: {:.0f} kB".format(path, len(content) / 1000))
    elif not path.exists() or path.read_bytes() != content:
        print("{} is not what this script writes now".format(path), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
