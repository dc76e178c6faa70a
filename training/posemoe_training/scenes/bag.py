"""A scene as a rosbag2 folder: keypoints, calibrations, transforms, depth images, and where people truly were."""

from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np
import torch
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from .. import HOME
from ..skeleton import JOINTS
from .cameras import BASE, MAP, Camera, base_from_optical, base_path, info
from .cameras import CAMERA_HEIGHT_M
from .depth_image import SCALE, render
from .people import People
from .seen import Seen, ids_of

MESSAGES = HOME.parent / "msg"
START_S = 1_700_000_000
DETECTOR_DELAY_S = 0.04
DEPTH_EVERY = 2                 # a depth image for every so many images
TRACKED = 1


class Message(NamedTuple):
    log_s: float
    topic: str
    kind: str
    body: Any


class Types:
    """ROS 2's own message types and ours, of Jazzy."""

    def __init__(self) -> None:
        self.store = get_typestore(Stores.ROS2_JAZZY)
        ours: Dict[str, Any] = {}
        for path in sorted(MESSAGES.glob("*.msg")):
            ours.update(get_types_from_msg(path.read_text(encoding="utf-8"), f"posemoe/msg/{path.stem}"))
        self.store.register(ours)

    def make(self, kind: str, **fields: Any) -> Any:
        """A message with these fields; others are what an empty message has."""
        names = self.store.get_msgdef(kind).fields
        unknown = set(fields) - {name for name, _ in names}
        if unknown:
            raise ValueError(f"{kind} has no {', '.join(sorted(unknown))}")
        return self.store.types[kind](**{name: fields[name] if name in fields else self._empty(of) for name, of in names})

    def _empty(self, of: Tuple[Any, Any]) -> Any:
        node, what = int(of[0]), of[1]
        if node == 1:    # a basic type
            return "" if what[0] == "string" else 0
        if node == 2:    # another message
            return self.make(what)
        (kind, name), length = what[0], what[1] if node == 3 else 0
        name = name[0] if isinstance(name, tuple) else name
        if int(kind) == 1 and name != "string":
            return np.zeros(length, dtype=np.dtype(name if name not in ("byte", "octet", "char") else "uint8"))
        return [self._empty((kind, (name, 0) if int(kind) == 1 else name)) for _ in range(length)]


def stamp(types: Types, time_s: float) -> Any:
    nanoseconds = round(time_s * 1e9)
    return types.make("builtin_interfaces/msg/Time", sec=START_S + nanoseconds // 10 ** 9, nanosec=nanoseconds % 10 ** 9)


def header(types: Types, time_s: float, frame_id: str) -> Any:
    return types.make("std_msgs/msg/Header", stamp=stamp(types, time_s), frame_id=frame_id)


def quaternion(rotation: np.ndarray) -> Tuple[float, float, float, float]:
    """x, y, z, w of a rotation matrix, by its largest component."""
    m, trace = rotation, float(np.trace(rotation))
    squares = [*(1 + 2 * m[i, i] - trace for i in range(3)), 1 + trace]
    largest = int(np.argmax(squares))
    rows = [
        [squares[0], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]],
        [m[0, 1] + m[1, 0], squares[1], m[1, 2] + m[2, 1], m[0, 2] - m[2, 0]],
        [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], squares[2], m[1, 0] - m[0, 1]],
        [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], squares[3]],
    ]
    q = np.array(rows[largest]) / np.linalg.norm(rows[largest])
    return tuple(float(v) for v in q)


def _transform(types: Types, time_s: float, parent: str, child: str, place_m: Sequence[float],
               rotation: np.ndarray) -> Any:
    x, y, z = (float(v) for v in place_m)
    return types.make(
        "geometry_msgs/msg/TransformStamped", header=header(types, time_s, parent), child_frame_id=child,
        transform=types.make("geometry_msgs/msg/Transform",
                             translation=types.make("geometry_msgs/msg/Vector3", x=x, y=y, z=z),
                             rotation=types.make("geometry_msgs/msg/Quaternion",
                                                 **dict(zip("xyzw", quaternion(np.asarray(rotation, float)))))))


def transforms(types: Types, cameras: Sequence[Camera], times_s: torch.Tensor) -> Iterator[Message]:
    """/tf_static once, /tf of the robot with every image."""
    static = []
    for camera in cameras:
        if camera.moves:
            static.append(_transform(types, 0, BASE, camera.frame_id, (0, 0, CAMERA_HEIGHT_M), base_from_optical().numpy()))
        else:
            static.append(_transform(types, 0, MAP, camera.frame_id, camera.centre_m[0], camera.map_from_optical[0].numpy()))
    yield Message(0.0, "/tf_static", "tf2_msgs/msg/TFMessage", types.make("tf2_msgs/msg/TFMessage", transforms=static))
    place_m, yaw = base_path(times_s)
    for n, time_s in enumerate(times_s.tolist()):
        c, s = float(yaw[n].cos()), float(yaw[n].sin())
        turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        moved = _transform(types, time_s, MAP, BASE, place_m[n], turn)
        yield Message(time_s, "/tf", "tf2_msgs/msg/TFMessage", types.make("tf2_msgs/msg/TFMessage", transforms=[moved]))


def keypoints(types: Types, camera: Camera, seen: Seen, times_s: torch.Tensor, ids: str) -> Iterator[Message]:
    """What the detector says, and the calibration, of one camera."""
    size = info()
    for n, time_s in enumerate(times_s.tolist()):
        head = header(types, time_s, camera.frame_id)
        yield Message(time_s, f"/{camera.name}/camera_info", "sensor_msgs/msg/CameraInfo", _camera_info(types, head, size))
        if seen.dropped[n]:
            continue
        people = [_person(types, seen, p, n, ids_of(ids, p, time_s)) for p in range(len(seen.score)) if seen.found[p, n]]
        yield Message(time_s + DETECTOR_DELAY_S, f"/{camera.name}/people2d", "posemoe/msg/People2D", types.make(
            "posemoe/msg/People2D", header=head, joint_set="h36m17", image_width_px=size["width"],
            image_height_px=size["height"], people=people))


def _camera_info(types: Types, head: Any, fields: Dict[str, Any]) -> Any:
    arrays = {name: np.array(fields[name], float) for name in "dkrp"}
    return types.make("sensor_msgs/msg/CameraInfo", header=head, **{**fields, **arrays})


def _person(types: Types, seen: Seen, person: int, frame: int, track: str) -> Any:
    points = [types.make("posemoe/msg/Keypoint2D", x_px=float(x), y_px=float(y), score=float(score))
              for (x, y), score in zip(seen.pixels[person, frame].tolist(), seen.score[person, frame].tolist())]
    return types.make("posemoe/msg/Person2D", id=track, score=0.9, keypoints=points)


def depths(types: Types, camera: Camera, people: People, times_s: torch.Tensor,
           rng: np.random.Generator) -> Iterator[Message]:
    """Depth images of half the size, registered to the camera, with a calibration of their own."""
    size = info(SCALE)
    for n in range(0, len(times_s), DEPTH_EVERY):
        time_s = float(times_s[n])
        head = header(types, time_s, camera.frame_id)
        image = render(camera, n, people.joints_m[:, n].numpy().astype(float), rng)
        yield Message(time_s, f"/{camera.name}/depth/camera_info", "sensor_msgs/msg/CameraInfo",
                      _camera_info(types, head, size))
        yield Message(time_s + 0.02, f"/{camera.name}/depth/image_raw", "sensor_msgs/msg/Image", types.make(
            "sensor_msgs/msg/Image", header=head, height=image.shape[0], width=image.shape[1], encoding="16UC1",
            is_bigendian=0, step=2 * image.shape[1], data=image.reshape(-1).view(np.uint8)))


def truth(types: Types, people: People, times_s: torch.Tensor) -> Iterator[Message]:
    """Everybody in the map, whether a camera sees them or not."""
    step_s = float(times_s[1] - times_s[0])
    velocity = torch.gradient(people.joints_m, spacing=step_s, dim=1)[0]
    for n, time_s in enumerate(times_s.tolist()):
        rows = [_true_person(types, str(p + 1), people.joints_m[p, n].tolist(), velocity[p, n].tolist())
                for p in range(len(people.joints_m))]
        yield Message(time_s, "/truth/people3d", "posemoe/msg/People3D", types.make(
            "posemoe/msg/People3D", header=header(types, time_s, MAP), joint_names=list(JOINTS), people=rows))


def _true_person(types: Types, track: str, joints_m: List[List[float]], velocity: List[List[float]]) -> Any:
    def point(kind: str, at: List[float]) -> Any:
        return types.make(f"geometry_msgs/msg/{kind}", **dict(zip("xyz", at)))

    joints = [types.make("posemoe/msg/Joint3D", position=point("Point", at), velocity=point("Vector3", v), score=1.0)
              for at, v in zip(joints_m, velocity)]
    return types.make("posemoe/msg/Person3D", id=track, state=TRACKED, confidence=1.0,
                      root_position=point("Point", joints_m[0]), root_velocity=point("Vector3", velocity[0]), joints=joints)


def write(folder: Path, types: Types, messages: List[Message]) -> None:
    """A folder in MCAP, in order of log time; the same messages give the same bytes."""
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as bag:
        connections = {}
        for message in sorted(messages, key=lambda m: m.log_s):
            if message.topic not in connections:
                connections[message.topic] = bag.add_connection(message.topic, message.kind, typestore=types.store)
            log_ns = START_S * 10 ** 9 + round(message.log_s * 1e9)
            bag.write(connections[message.topic], log_ns, bytes(types.store.serialize_cdr(message.body, message.kind)))
