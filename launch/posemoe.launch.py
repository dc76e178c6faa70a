"""Starts posemoe_node: `ros2 launch posemoe posemoe.launch.py keypoints_topic:=/front/tracking`."""

from pathlib import Path

import yaml
from ament_index_python.packages import PackageNotFoundError, get_package_prefix, get_package_share_directory
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

# Arguments that set the node's parameter of the same name. All are empty by default, which leaves
# the parameter to params_file and to the node's own default.
PARAMETERS = {
    "keypoints_topic": "Topic of the 2D keypoints (node's default: /yolo/tracking)",
    "keypoints_type": "Type of the 2D keypoints: yolo_msgs/msg/DetectionArray (node's default), "
    "posemoe/msg/People2D, hri_msgs/msg/Skeleton2D or zed_msgs/msg/ObjectsStamped",
    "camera_info_topic": "Topic of the camera's calibration (node's default: /camera/camera_info)",
    "depth_topic": "Topic of depth images of what the camera sees (node's default: none)",
    "depth_type": "Type of the depth images: sensor_msgs/msg/Image, sensor_msgs/msg/CompressedImage or auto "
    "(node's default), as their topic ends in /compressedDepth or not",
    "depth_camera_info_topic": "Topic of their calibration, where they are not registered "
    "(node's default: the camera's)",
    "ground_frame": "Frame whose z = 0 is the floor, such as base_footprint (node's default: none)",
    "image_rectified": "Whether the keypoints come from a rectified image (node's default: false)",
    "target_frame": "Frame of the 3D people, such as odom (node's default: the camera's)",
    "publish_hri": "Whether bodies are published as ROS4HRI has them (node's default: false)",
    "publish_nav_people": "Whether people are published for Nav2's social layers (node's default: false)",
    "mode": "How a person's past is used: stream (node's default) or window",
    "providers": "What runs the network, in order of preference: cpu, cuda, tensorrt, or a list such as "
    "[tensorrt, cuda, cpu] (node's default: cpu)",
    "model": "Path of the ONNX model, or name of one that ships, as posemoe_xs.onnx (node's default: that of the mode)",
    "onnxruntime": "Path of libonnxruntime.so (node's default: POSEMOE_ONNXRUNTIME, else the one "
    "installed beside the node, else /usr/local/lib and /usr/lib)",
    "autostart": "Whether the node configures and activates itself (node's default: true)",
    "use_sim_time": "Whether /clock gives the time (node's default: false)",
}


def check(files, with_rviz):
    """Refuse what cannot be had before anything is started: launch would go on without it, or leave nodes behind."""
    for path in files:
        if not Path(path).is_file():
            raise RuntimeError(f"params_file:={path}: there is no such file")
    if with_rviz:
        try:
            get_package_prefix("rviz2")
        except PackageNotFoundError:
            raise RuntimeError("rviz:=true, but the package rviz2 is not installed (ros-$ROS_DISTRO-rviz2)") from None


def start_nodes(context):
    def value(name):
        return LaunchConfiguration(name).perform(context)

    # As on a command line: "true" is a truth value, "[cuda, cpu]" a list.
    given = {name: yaml.safe_load(value(name)) for name in PARAMETERS if value(name)}
    files = [value("params_file")] if value("params_file") else []
    with_rviz = value("rviz").lower() in ("true", "1")
    check(files, with_rviz)
    nodes = [
        Node(
            package="posemoe",
            executable="posemoe_node",
            name="posemoe",
            namespace=value("namespace"),
            parameters=files + ([given] if given else []),
            arguments=["--ros-args", "--log-level", value("log_level")],
            output="screen",
            emulate_tty=True,
        )
    ]
    if with_rviz:
        view = Path(get_package_share_directory("posemoe")) / "rviz" / "posemoe.rviz"
        rviz_frame = value("rviz_frame") or value("target_frame") or "camera_color_optical_frame"
        namespace = "/".join(["", *filter(None, value("namespace").split("/"))])
        nodes.append(
            Node(
                package="rviz2",
                executable="rviz2",
                arguments=["-d", str(view), "-f", rviz_frame],
                # The view shows /posemoe/markers.
                remappings=[("/posemoe/markers", f"{namespace}/posemoe/markers")],
            )
        )
    return nodes


def generate_launch_description():
    arguments = [
        DeclareLaunchArgument(name, default_value="", description=text)
        for name, text in PARAMETERS.items()
    ]
    arguments += [
        DeclareLaunchArgument("namespace", default_value="", description="Namespace of the node"),
        DeclareLaunchArgument(
            "params_file",
            default_value="",
            description="ROS parameter file (a template: share/posemoe/config/posemoe.yaml); the "
            "other arguments override it",
        ),
        DeclareLaunchArgument(
            "log_level",
            default_value="info",
            choices=["debug", "info", "warn", "error", "fatal"],
            description="Least severe messages that are logged",
        ),
        DeclareLaunchArgument(
            "rviz",
            default_value="false",
            description="Whether RViz is started too, showing the people",
        ),
        DeclareLaunchArgument(
            "rviz_frame",
            default_value="",
            description="Fixed frame of RViz (default: target_frame, else camera_color_optical_frame)",
        ),
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=start_nodes)])
