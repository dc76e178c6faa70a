#!/usr/bin/env python3
"""Writes tests/golden/cdr/: messages serialized by `rosbags`, an implementation that is not ours.

Needs PyPI `rosbags` and `numpy`. The values are what tests/cdr_golden.rs expects: change both.

    python3 scripts/make_golden_cdr.py            writes the files
    python3 scripts/make_golden_cdr.py --check    fails when the files differ from what it would write
"""

import sys
from pathlib import Path

import numpy as np
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "cdr"

store = get_typestore(Stores.ROS2_JAZZY)
for package, folder in {
    "posemoe": ROOT / "msg",
    "hri_msgs": ROOT / "interfaces" / "hri_msgs" / "msg",
    "yolo_msgs": ROOT / "interfaces" / "yolo_msgs" / "msg",
    "zed_msgs": ROOT / "interfaces" / "zed_msgs" / "msg",
}.items():
    definitions = {}
    for file in sorted(folder.glob("*.msg")):
        definitions |= get_types_from_msg(file.read_text(), f"{package}/msg/{file.stem}")
    store.register(definitions)


def make(type_name, /, **fields):
    """A message of type `package/Type`."""
    package, kind = type_name.split("/")
    return store.types[f"{package}/msg/{kind}"](**fields)


def header(sec, nanosec, frame):
    stamp = make("builtin_interfaces/Time", sec=sec, nanosec=nanosec)
    return make("std_msgs/Header", stamp=stamp, frame_id=frame)


def xyz(kind, x, y, z):
    return make(f"geometry_msgs/{kind}", x=x, y=y, z=z)


def quaternion(x, y, z, w):
    return make("geometry_msgs/Quaternion", x=x, y=y, z=z, w=w)


def people_2d():
    def keypoint(i):
        # Every fifth one is missing: half of those by score, half by NaN.
        x_px = float("nan") if i == 5 else 100.5 + i
        score = 0.0 if i == 10 else 0.25
        return make("posemoe/Keypoint2D", x_px=x_px, y_px=200.25 - i, score=score)

    def person(name, count):
        keypoints = [keypoint(i) for i in range(count)]
        return make("posemoe/Person2D", id=name, score=0.5, keypoints=keypoints)

    return make(
        "posemoe/People2D",
        header=header(1_700_000_000, 999_999_999, "cam_optical_frame"),
        joint_set="coco17",
        image_width_px=1280,
        image_height_px=720,
        people=[person("", 17), person("7", 17), person("abc", 0)],
    )


def people_3d():
    def joint(i):
        return make(
            "posemoe/Joint3D",
            position=xyz("Point", 0.5 * i, -0.25 * i, 3.0 + i),
            velocity=xyz("Vector3", 0.125, 0.0, -0.125 * i),
            sigma_m=0.03125 * (i + 1),
            orientation=quaternion(0.5, -0.5, 0.5, 0.5 - i),
            orientation_sigma_rad=0.0625 * i,
            score=0.75,
        )

    def person(name, state, joints):
        return make(
            "posemoe/Person3D",
            id=name,
            state=state,
            source_stamp=make("builtin_interfaces/Time", sec=1_700_000_000, nanosec=state),
            age_s=0.0625 * state,
            confidence=0.875,
            plausibility=0.625,
            root_position=xyz("Point", 0.1, 0.2, 3.3),
            root_sigma=xyz("Vector3", 0.01, 0.02, 0.3),
            root_covariance=np.array([1e-4, 0, 0, 0, 4e-4, -1e-3, 0, -1e-3, 0.09]),
            root_velocity=xyz("Vector3", -1.0, 0.0, 1.0),
            joints=[joint(i) for i in range(joints)],
        )

    return make(
        "posemoe/People3D",
        header=header(-1, 1, "camera"),
        source_stamp=make("builtin_interfaces/Time", sec=-2, nanosec=999_999_999),
        age_s=0.03125,
        joint_names=["hip", "right_hip", "", "größe"],
        people=[person("track_1", 1, 4), person("22", 2, 4), person("333", 3, 0)],
        unplaced=2,
    )


def separation():
    def pair(person, part, level, distance):
        return make(
            "posemoe/PartSeparation",
            person=person,
            part=part,
            body_part="left_hand",
            level=level,
            reason="" if level else "arm: größer",
            person_point=xyz("Point", 1.0, 2.0, 3.0),
            part_point=xyz("Point", 0.5, 2.0, 3.0),
            distance_m=distance,
            sigma_m=0.0625,
            approach_speed_m_s=-0.25,
            time_to_contact_s=float("inf"),
            protective_distance_m=0.75,
            margin_m=distance - 0.75,
        )

    return make(
        "posemoe/Separation",
        header=header(1_700_000_000, 5, "base"),
        source_stamp=make("builtin_interfaces/Time", sec=1_699_999_999, nanosec=6),
        age_s=0.125,
        level=0,
        reason="arm: größer",
        pairs=[pair("7", "post", 2, 0.5), pair("22", "arm", 0, 1.5)],
    )


def detection_array():
    def point(x, y):
        return make("yolo_msgs/Point2D", x=x, y=y)

    def detection(i):
        keypoints = [
            make("yolo_msgs/KeyPoint2D", id=k + 1, point=point(10.0 * k, 5.0 + i), score=0.5)
            for k in range(i)
        ]
        keypoints_3d = [
            make("yolo_msgs/KeyPoint3D", id=k + 1, point=xyz("Point", 1.0, 2.0, k + 0.5), score=0.25)
            for k in range(2 * i)
        ]
        centre = make("yolo_msgs/Pose2D", position=point(320.0 + i, 240.0), theta=0.0)
        pose = make(
            "geometry_msgs/Pose",
            position=xyz("Point", 0.0, 1.0, 2.0),
            orientation=quaternion(0.0, 0.0, 0.0, 1.0),
        )
        return make(
            "yolo_msgs/Detection",
            class_id=i,
            # Lengths 0 to 8: a string's end falls on every alignment.
            class_name="p" * i,
            score=0.9375,
            id="1" * (8 - i),
            bbox=make(
                "yolo_msgs/BoundingBox2D",
                center=centre,
                size=make("yolo_msgs/Vector2", x=64.0, y=128.0),
            ),
            bbox3d=make(
                "yolo_msgs/BoundingBox3D",
                center=pose,
                size=xyz("Vector3", 0.5, 1.75, 0.25),
                frame_id="f" * i,
            ),
            mask=make(
                "yolo_msgs/Mask",
                height=480,
                width=640,
                data=[point(float(k), float(k * i)) for k in range(8 - i)],
            ),
            keypoints=make("yolo_msgs/KeyPoint2DArray", data=keypoints),
            keypoints3d=make(
                "yolo_msgs/KeyPoint3DArray", data=keypoints_3d, frame_id="g" * (8 - i)
            ),
        )

    return make(
        "yolo_msgs/DetectionArray",
        header=header(12, 34, "head_camera_rgb_optical_frame"),
        detections=[detection(i) for i in range(9)],
    )


def skeleton_2d():
    points = [
        make("hri_msgs/NormalizedPointOfInterest2D", x=0.03125 * i, y=1.0 - 0.03125 * i, c=0.5)
        for i in range(18)
    ]
    return make("hri_msgs/Skeleton2D", header=header(9, 10, "camera"), skeleton=points)


def objects_stamped():
    def points(kind, count, size):
        point = [np.arange(size * i, size * i + size) for i in range(count)]
        number = np.uint32 if kind.endswith("i") else np.float32
        return [make(f"zed_msgs/{kind}", kp=kp.astype(number)) for kp in point]

    def numbers(count):
        return np.arange(count, dtype=np.float32)

    def body(i):
        return make(
            "zed_msgs/Object",
            label="Body_" + "1" * i,
            label_id=-i,
            sublabel="",
            confidence=87.5,
            position=numbers(3),
            position_covariance=numbers(6),
            velocity=numbers(3),
            tracking_available=bool(i % 2),
            tracking_state=i,
            action_state=2,
            bounding_box_2d=make("zed_msgs/BoundingBox2Di", corners=points("Keypoint2Di", 4, 2)),
            bounding_box_3d=make("zed_msgs/BoundingBox3D", corners=points("Keypoint3D", 8, 3)),
            dimensions_3d=numbers(3),
            skeleton_available=True,
            body_format=i,
            head_bounding_box_2d=make(
                "zed_msgs/BoundingBox2Df", corners=points("Keypoint2Df", 4, 2)
            ),
            head_bounding_box_3d=make("zed_msgs/BoundingBox3D", corners=points("Keypoint3D", 8, 3)),
            head_position=numbers(3),
            skeleton_2d=make("zed_msgs/Skeleton2D", keypoints=points("Keypoint2Df", 70, 2)),
            skeleton_3d=make("zed_msgs/Skeleton3D", keypoints=points("Keypoint3D", 70, 3)),
        )

    return make(
        "zed_msgs/ObjectsStamped",
        header=header(11, 12, "zed_left_camera_frame"),
        objects=[body(i) for i in range(3)],
    )


def camera_info():
    return make(
        "sensor_msgs/CameraInfo",
        header=header(5, 6, "cam"),
        height=720,
        width=1280,
        distortion_model="plumb_bob",
        d=np.array([-0.25, 0.125, 0.001, -0.002, 0.0]),
        k=np.array([900.0, 0.0, 640.5, 0.0, 901.0, 360.5, 0.0, 0.0, 1.0]),
        r=np.eye(3).flatten(),
        p=np.array([900.0, 0.0, 640.5, -90.0, 0.0, 901.0, 360.5, 0.0, 0.0, 0.0, 1.0, 0.0]),
        binning_x=1,
        binning_y=2,
        roi=make(
            "sensor_msgs/RegionOfInterest",
            x_offset=1,
            y_offset=2,
            height=3,
            width=4,
            do_rectify=True,
        ),
    )


def tf_message():
    def transform(i):
        return make(
            "geometry_msgs/TransformStamped",
            header=header(i, 10 * i, "p" * i),
            child_frame_id="body_" + "c" * (5 - i),
            transform=make(
                "geometry_msgs/Transform",
                translation=xyz("Vector3", float(i), -float(i), 0.5),
                rotation=quaternion(0.5, -0.5, 0.5, 0.5),
            ),
        )

    return make("tf2_msgs/TFMessage", transforms=[transform(i) for i in range(5)])


def marker_array():
    def marker(i):
        rgba = make("std_msgs/ColorRGBA", r=0.25, g=0.5, b=0.75, a=1.0)
        return make(
            "visualization_msgs/Marker",
            header=header(100, i, "cam"),
            ns="bones",
            id=i,
            type=5,
            action=0,
            pose=make(
                "geometry_msgs/Pose",
                position=xyz("Point", 0.0, 0.0, 0.0),
                orientation=quaternion(0.0, 0.0, 0.0, 1.0),
            ),
            scale=xyz("Vector3", 0.02, 0.0, 0.0),
            color=rgba,
            lifetime=make("builtin_interfaces/Duration", sec=0, nanosec=500_000_000),
            frame_locked=bool(i % 2),
            points=[xyz("Point", float(k), 0.0, float(i)) for k in range(i)],
            colors=[rgba for _ in range(i)],
            texture_resource="",
            texture=make(
                "sensor_msgs/CompressedImage",
                header=header(0, 0, ""),
                format="png",
                data=np.array([1, 2, 3], dtype=np.uint8),
            ),
            uv_coordinates=[make("visualization_msgs/UVCoordinate", u=0.5, v=0.25)],
            text="t" * i,
            mesh_resource="",
            mesh_file=make(
                "visualization_msgs/MeshFile", filename="", data=np.array([], dtype=np.uint8)
            ),
            mesh_use_embedded_materials=False,
        )

    return make("visualization_msgs/MarkerArray", markers=[marker(i) for i in range(4)])


def diagnostic_array():
    def status(i):
        values = [make("diagnostic_msgs/KeyValue", key="k" * k, value="v" * i) for k in range(i)]
        return make(
            "diagnostic_msgs/DiagnosticStatus",
            level=i,
            name="posemoe: input",
            message="m" * i,
            hardware_id="",
            values=values,
        )

    return make(
        "diagnostic_msgs/DiagnosticArray",
        header=header(7, 8, ""),
        status=[status(i) for i in range(4)],
    )


MESSAGES = {
    "posemoe/msg/People2D": people_2d,
    "posemoe/msg/People3D": people_3d,
    "posemoe/msg/Separation": separation,
    "yolo_msgs/msg/DetectionArray": detection_array,
    "hri_msgs/msg/Skeleton2D": skeleton_2d,
    "zed_msgs/msg/ObjectsStamped": objects_stamped,
    "sensor_msgs/msg/CameraInfo": camera_info,
    "tf2_msgs/msg/TFMessage": tf_message,
    "visualization_msgs/msg/MarkerArray": marker_array,
    "diagnostic_msgs/msg/DiagnosticArray": diagnostic_array,
}


def main():
    files = {
        name.rsplit("/", 1)[1] + ".cdr": bytes(store.serialize_cdr(build(), name))
        for name, build in MESSAGES.items()
    }
    hashes = [f"{name} {store.hash_rihs01(name)}" for name in sorted(MESSAGES)]
    files["type_hashes.txt"] = ("\n".join(hashes) + "\n").encode()
    if "--check" in sys.argv[1:]:
        stale = [name for name, data in files.items() if (GOLDEN / name).read_bytes() != data]
        sys.exit(f"differ from what rosbags writes: {stale}" if stale else 0)
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (GOLDEN / name).write_bytes(data)


if __name__ == "__main__":
    main()
