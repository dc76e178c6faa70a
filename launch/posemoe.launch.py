"""Starts posemoe_node: `ros2 launch posemoe posemoe.launch.py keypoints_topic:=/front/tracking`."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

# Arguments that set the node's parameter of the same name. All are empty by default, which leaves
# the parameter to params_file and to the node's own default.
PARAMETERS = {
    "keypoints_topic": "Topic of the 2D keypoints (node's default: /yolo/tracking)",
    "keypoints_type": "Type of the 2D keypoints: yolo_msgs/msg/DetectionArray (node's default) "
    "or posemoe/msg/People2D",
    "camera_info_topic": "Topic of the camera's calibration (node's default: /camera/camera_info)",
    "model": "Path of the ONNX model (node's default: the one that ships)",
    "onnxruntime": "Path of libonnxruntime.so (node's default: POSEMOE_ONNXRUNTIME, else the one "
    "installed beside the node, else /usr/local/lib and /usr/lib)",
}


def start_node(context):
    def value(name):
        return LaunchConfiguration(name).perform(context)

    given = {name: value(name) for name in PARAMETERS if value(name)}
    files = [value("params_file")] if value("params_file") else []
    return [
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
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=start_node)])
