"""ROS 2 messages as Cyclone DDS sees them: IDL structs under the names that ROS gives them on the wire.

Written from the packages' .msg files, apart from the Rust code, so that the two can disagree.
"""

import re
from dataclasses import dataclass, field, fields
from types import new_class
from typing import Any

from cyclonedds.idl import IdlStruct
from cyclonedds.idl.annotations import final
from cyclonedds.idl.types import array, float32, float64, int32, sequence, uint8, uint32

TYPES: dict[str, type] = {}
"""Every message here by its ROS name, such as ``std_msgs/msg/String``."""


def message(package: str):
    """Makes a class with annotated fields the wire form of ``package/msg/<class name>``."""

    def build(plain: type) -> type:
        finished = wire(f"{package}.msg.dds_.{plain.__name__}_", plain.__annotations__)
        TYPES[f"{package}/msg/{plain.__name__}"] = finished
        return finished

    return build


def wire(name: str, kinds: dict[str, Any]) -> type:
    """An IDL struct with these fields under that name."""
    body: dict[str, Any] = {"__annotations__": kinds, "__module__": __name__}
    for field_name, kind in kinds.items():
        body[field_name] = field(default_factory=lambda kind=kind: _empty(kind))
    plain = re.split(r"[.:]+", name)[-1].strip("_")
    struct = new_class(plain, (IdlStruct,), {"typename": name.replace("::", ".")}, lambda own: own.update(body))
    return final(dataclass(struct))


def _empty(kind: Any) -> Any:
    """The value that ROS gives to a field that nobody set."""
    metadata = getattr(kind, "__metadata__", ())
    for item in metadata:
        if type(item).__name__ == "array":
            return [_empty(item.subtype)] * item.length
        if type(item).__name__ == "sequence":
            return []
    return kind.__origin__() if metadata else kind()


def from_ros(decoded: Any, ros_type: str) -> IdlStruct:
    """Any decoded ROS message with the same fields (such as mcap_ros2 gives) as ``ros_type``."""
    return _convert(decoded, TYPES[ros_type])


def _convert(value: Any, kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, IdlStruct):
        parts = {part.name: _convert(getattr(value, part.name), part.type) for part in fields(kind)}
        return kind(**parts)
    for item in getattr(kind, "__metadata__", ()):
        if type(item).__name__ in ("array", "sequence"):
            return [_convert(element, item.subtype) for element in value]
    return value


@message("builtin_interfaces")
class Time:
    sec: int32
    nanosec: uint32


@message("std_msgs")
class Header:
    stamp: Time
    frame_id: str


@message("std_msgs")
class String:
    data: str


@message("geometry_msgs")
class Point:
    x: float64
    y: float64
    z: float64


@message("geometry_msgs")
class Vector3:
    x: float64
    y: float64
    z: float64


@message("geometry_msgs")
class Quaternion:
    x: float64
    y: float64
    z: float64
    w: float64


@message("geometry_msgs")
class Pose:
    position: Point
    orientation: Quaternion


@message("geometry_msgs")
class Transform:
    translation: Vector3
    rotation: Quaternion


@message("geometry_msgs")
class TransformStamped:
    header: Header
    child_frame_id: str
    transform: Transform


@message("tf2_msgs")
class TFMessage:
    transforms: sequence[TransformStamped]


@message("sensor_msgs")
class RegionOfInterest:
    x_offset: uint32
    y_offset: uint32
    height: uint32
    width: uint32
    do_rectify: bool


@message("sensor_msgs")
class CameraInfo:
    header: Header
    height: uint32
    width: uint32
    distortion_model: str
    d: sequence[float64]
    k: array[float64, 9]
    r: array[float64, 9]
    p: array[float64, 12]
    binning_x: uint32
    binning_y: uint32
    roi: RegionOfInterest


@message("yolo_msgs")
class Point2D:
    x: float64
    y: float64


@message("yolo_msgs")
class Vector2:
    x: float64
    y: float64


@message("yolo_msgs")
class Pose2D:
    position: Point2D
    theta: float64


@message("yolo_msgs")
class BoundingBox2D:
    center: Pose2D
    size: Vector2


@message("yolo_msgs")
class BoundingBox3D:
    center: Pose
    size: Vector3
    frame_id: str


@message("yolo_msgs")
class Mask:
    height: int32
    width: int32
    data: sequence[Point2D]


@message("yolo_msgs")
class KeyPoint2D:
    id: int32
    point: Point2D
    score: float64


@message("yolo_msgs")
class KeyPoint2DArray:
    data: sequence[KeyPoint2D]


@message("yolo_msgs")
class KeyPoint3D:
    id: int32
    point: Point
    score: float64


@message("yolo_msgs")
class KeyPoint3DArray:
    data: sequence[KeyPoint3D]
    frame_id: str


@message("yolo_msgs")
class Detection:
    class_id: int32
    class_name: str
    score: float64
    id: str
    bbox: BoundingBox2D
    bbox3d: BoundingBox3D
    mask: Mask
    keypoints: KeyPoint2DArray
    keypoints3d: KeyPoint3DArray


@message("yolo_msgs")
class DetectionArray:
    header: Header
    detections: sequence[Detection]


@message("diagnostic_msgs")
class KeyValue:
    key: str
    value: str


@message("diagnostic_msgs")
class DiagnosticStatus:
    level: uint8
    name: str
    message: str
    hardware_id: str
    values: sequence[KeyValue]


@message("diagnostic_msgs")
class DiagnosticArray:
    header: Header
    status: sequence[DiagnosticStatus]


@message("posemoe")
class Joint3D:
    position: Point
    velocity: Vector3
    sigma_m: float64
    orientation: Quaternion
    orientation_sigma_rad: float64
    score: float32


@message("posemoe")
class Person3D:
    id: str
    state: uint8
    source_stamp: Time
    age_s: float64
    confidence: float32
    plausibility: float32
    root_position: Point
    root_sigma: Vector3
    root_covariance: array[float64, 9]
    root_velocity: Vector3
    joints: sequence[Joint3D]


@message("posemoe")
class People3D:
    header: Header
    source_stamp: Time
    age_s: float64
    joint_names: sequence[str]
    people: sequence[Person3D]
    unplaced: uint32


@message("rmw_dds_common")
class Gid:
    data: array[uint8, 16]


@message("rmw_dds_common")
class NodeEntitiesInfo:
    node_namespace: str
    node_name: str
    reader_gid_seq: sequence[Gid]
    writer_gid_seq: sequence[Gid]


@message("rmw_dds_common")
class ParticipantEntitiesInfo:
    gid: Gid
    node_entities_info_seq: sequence[NodeEntitiesInfo]
