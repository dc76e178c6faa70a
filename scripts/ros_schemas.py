"""The `ros2msg` schema text that a bag must carry for each message type.

A bag is readable anywhere only when it holds the definitions of its messages: the type's own text,
then the text of every type that it uses. Ours and other packages' are read from the .msg files of
this repository; the few ROS 2 standard types stand below, because ROS 2 need not be installed here.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List

REPOSITORY = Path(__file__).resolve().parent.parent

PRIMITIVES = frozenset(
    "bool byte char float32 float64 int8 uint8 int16 uint16 int32 uint32 int64 uint64 string wstring".split()
)

STANDARD: Dict[str, str] = {
    "builtin_interfaces/Time": "int32 sec\nuint32 nanosec",
    "geometry_msgs/Point": "float64 x\nfloat64 y\nfloat64 z",
    "geometry_msgs/Pose": "Point position\nQuaternion orientation",
    "geometry_msgs/Quaternion": "float64 x 0\nfloat64 y 0\nfloat64 z 0\nfloat64 w 1",
    "geometry_msgs/Transform": "Vector3 translation\nQuaternion rotation",
    "geometry_msgs/TransformStamped": "std_msgs/Header header\nstring child_frame_id\nTransform transform",
    "geometry_msgs/Vector3": "float64 x\nfloat64 y\nfloat64 z",
    "sensor_msgs/CameraInfo": (
        "std_msgs/Header header\nuint32 height\nuint32 width\nstring distortion_model\nfloat64[] d\n"
        "float64[9] k\nfloat64[9] r\nfloat64[12] p\nuint32 binning_x\nuint32 binning_y\nRegionOfInterest roi"
    ),
    "sensor_msgs/RegionOfInterest": (
        "uint32 x_offset\nuint32 y_offset\nuint32 height\nuint32 width\nbool do_rectify"
    ),
    "std_msgs/Header": "builtin_interfaces/Time stamp\nstring frame_id",
    "tf2_msgs/TFMessage": "geometry_msgs/TransformStamped[] transforms",
}


def message_folder(package: str) -> Path:
    """Where this repository keeps the .msg files of a package."""
    return REPOSITORY / "msg" if package == "posemoe" else REPOSITORY / "interfaces" / package / "msg"


def definition(short_name: str) -> str:
    """The text of one type ("package/Type"), without comments.

    Comments are left out so that rewording one does not change the bytes of a committed bag.
    """
    if short_name in STANDARD:
        return STANDARD[short_name]
    package, name = short_name.split("/")
    path = message_folder(package) / (name + ".msg")
    lines = (line.split("#", 1)[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line)


def used_types(short_name: str) -> List[str]:
    """The message types ("package/Type") of the fields of a type, in the order of its fields."""
    package = short_name.split("/")[0]
    found: List[str] = []
    for line in definition(short_name).splitlines():
        # "package/Type[<=4] name" -> "package/Type"; bounded strings ("string<=8") end the same way.
        base = re.split(r"[\[<]", line.split()[0])[0]
        if base not in PRIMITIVES:
            found.append(base if "/" in base else package + "/" + base)
    return found


def schema_text(type_name: str) -> str:
    """The whole schema of "package/msg/Type", as rosbag2 stores it under the encoding `ros2msg`."""
    root = type_name.replace("/msg/", "/")
    order = [root]
    for short_name in order:  # grows while it is walked: breadth first, every type once
        order.extend(t for t in dict.fromkeys(used_types(short_name)) if t not in order)
    parts = [definition(root)] + ["MSG: {}\n{}".format(name, definition(name)) for name in order[1:]]
    return ("\n" + "=" * 80 + "\n").join(parts) + "\n"
