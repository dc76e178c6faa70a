"""The launch file offers arguments that the node really has, and passes on only what was given.

ROS 2's launch is not needed: what the launch file takes of it is stubbed here.
"""

import json
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest import mock

REPOSITORY = Path(__file__).resolve().parent.parent.parent
LAUNCH_FILE = REPOSITORY / "launch" / "posemoe.launch.py"
RVIZ_FILE = REPOSITORY / "rviz" / "posemoe.rviz"
PARAMETER_FILE = REPOSITORY / "config" / "posemoe.yaml"
XML_FILE = LAUNCH_FILE.with_suffix(".xml")
NOT_PARAMETERS = {"namespace", "params_file", "log_level", "rviz", "rviz_frame"}


def record(kind, *positional):
    """A class whose instances keep what they were made from."""

    def make(*args, **kwargs):
        return SimpleNamespace(kind=kind, **dict(zip(positional, args)), **kwargs)

    return make


class LaunchConfiguration:
    def __init__(self, name):
        self.name = name

    def perform(self, context):
        return context[self.name]


class PackageNotFoundError(KeyError):
    pass


def stubs(installed):
    def prefix(name):
        if name not in installed:
            raise PackageNotFoundError(name)
        return "/opt/ros"

    contents = {
        "ament_index_python": {},
        "ament_index_python.packages": {
            "PackageNotFoundError": PackageNotFoundError,
            "get_package_prefix": prefix,
            "get_package_share_directory": lambda name: f"/share/{name}",
        },
        "launch": {"LaunchDescription": lambda entities: entities},
        "launch.actions": {
            "DeclareLaunchArgument": record("argument", "name"),
            "OpaqueFunction": record("function"),
        },
        "launch.substitutions": {"LaunchConfiguration": LaunchConfiguration},
        "launch_ros": {},
        # What YAML makes of the arguments that these tests give.
        "yaml": {"safe_load": lambda text: {"true": True, "[cuda, cpu]": ["cuda", "cpu"]}.get(text, text)},
        "launch_ros.actions": {"Node": record("node")},
    }
    modules = {name: ModuleType(name) for name in contents}
    for name, members in contents.items():
        vars(modules[name]).update(members)
    return modules


def description(installed=("posemoe", "rviz2")):
    """The entities of the launch file."""
    namespace = {"__name__": "posemoe_launch", "__file__": str(LAUNCH_FILE)}
    with mock.patch.dict(sys.modules, stubs(installed)):
        exec(compile(LAUNCH_FILE.read_text(encoding="utf-8"), str(LAUNCH_FILE), "exec"), namespace)
        return namespace["generate_launch_description"]()


def arguments():
    return {entity.name: entity for entity in description() if entity.kind == "argument"}


def all_started(installed=("posemoe", "rviz2"), **given):
    """What is started when these arguments are given."""
    context = {name: argument.default_value for name, argument in arguments().items()}
    context.update(given)
    (function,) = [entity.function for entity in description(installed) if entity.kind == "function"]
    return function(context)


def started(**given):
    """The node that is started when these arguments are given."""
    (node,) = all_started(**given)
    return node


class LaunchFile(unittest.TestCase):
    def test_arguments_that_set_parameters_are_parameters_of_the_node(self):
        text = PARAMETER_FILE.read_text(encoding="utf-8")
        parameters = set(re.findall(r"^    (\w+):", text, re.MULTILINE))
        self.assertGreater(len(parameters), 10)
        names = set(arguments())
        self.assertLessEqual(NOT_PARAMETERS, names)
        self.assertEqual(names - NOT_PARAMETERS - parameters, set())

    def test_every_argument_is_described(self):
        for name, argument in arguments().items():
            self.assertTrue(argument.description, name)

    def test_by_default_the_node_keeps_its_own_defaults(self):
        node = started()
        self.assertEqual((node.package, node.executable), ("posemoe", "posemoe_node"))
        self.assertEqual(node.parameters, [])
        self.assertEqual(node.arguments, ["--ros-args", "--log-level", "info"])

    def test_what_is_given_overrides_the_parameter_file(self):
        path = str(PARAMETER_FILE)
        node = started(params_file=path, keypoints_topic="/front/kp", namespace="robot")
        self.assertEqual(node.parameters, [path, {"keypoints_topic": "/front/kp"}])
        self.assertEqual(node.namespace, "robot")

    def test_what_cannot_be_had_is_refused_before_anything_is_started(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(RuntimeError, "misspelt.yaml: there is no such file"):
                all_started(params_file=folder + "/misspelt.yaml")
        with self.assertRaisesRegex(RuntimeError, "rviz2 is not installed"):
            all_started(installed=("posemoe",), rviz="true")
        self.assertEqual(len(all_started(installed=("posemoe",))), 1)

    def test_values_are_read_as_on_a_command_line(self):
        (given,) = started(providers="[cuda, cpu]", publish_hri="true", target_frame="odom").parameters
        self.assertEqual(given, {"providers": ["cuda", "cpu"], "publish_hri": True, "target_frame": "odom"})

    def test_rviz_is_started_when_asked_for_and_looks_at_the_nodes_markers(self):
        node, rviz = all_started(rviz="true", rviz_frame="front_optical", namespace="robot")
        self.assertEqual((node.package, rviz.package), ("posemoe", "rviz2"))
        self.assertEqual(rviz.arguments, ["-d", "/share/posemoe/rviz/posemoe.rviz", "-f", "front_optical"])
        shown = re.search(r"Value: (/\S+/markers)", RVIZ_FILE.read_text(encoding="utf-8")).group(1)
        self.assertEqual(rviz.remappings, [(shown, "/robot/posemoe/markers")])
        (_, rviz) = all_started(rviz="true")
        self.assertEqual(rviz.remappings, [(shown, shown)])
        (_, rviz) = all_started(rviz="true", target_frame="odom")
        self.assertEqual(rviz.arguments[-2:], ["-f", "odom"])


class XmlLaunchFile(unittest.TestCase):
    def test_it_offers_and_passes_on_the_same_arguments(self):
        launch = ElementTree.parse(XML_FILE).getroot()
        offered = {arg.get("name"): arg for arg in launch.findall("arg")}
        self.assertEqual(set(offered), set(arguments()))
        for name, argument in arguments().items():
            self.assertEqual(offered[name].get("default"), argument.default_value, name)
            self.assertEqual(offered[name].get("description"), argument.description, name)
        (include,) = launch.findall("include")
        self.assertEqual(include.get("file"), "$(dirname)/" + LAUNCH_FILE.name)
        passed = {arg.get("name"): arg.get("value") for arg in include.findall("arg")}
        self.assertEqual(passed, {name: f"$(var {name})" for name in offered})

class ReadyLaunchFiles(unittest.TestCase):
    """Those for one detector: they include ours with arguments that it has."""

    def test_they_pass_on_what_there_is(self):
        for name in ("yolo.launch.xml", "hri.launch.xml"):
            launch = ElementTree.parse(LAUNCH_FILE.parent / name).getroot()
            offered = {arg.get("name") for arg in launch.findall("arg")}
            (ours,) = [i for i in launch.findall("include") if i.get("file") == "$(dirname)/" + LAUNCH_FILE.name]
            passed = {arg.get("name"): arg.get("value") for arg in ours.findall("arg")}
            self.assertLessEqual(set(passed), set(arguments()), name)
            used = set(re.findall(r"\$\(var (\w+)\)", ElementTree.tostring(launch, encoding="unicode")))
            set_here = {let.get("name") for let in launch.findall("let")}
            self.assertEqual(used, offered | set_here, name)
            self.assertTrue(all(arg.get("description") for arg in launch.findall("arg")), name)


class FoxgloveLayout(unittest.TestCase):
    def test_its_panels_are_laid_out_and_show_topics_of_ours(self):
        layout = json.loads((REPOSITORY / "foxglove" / "posemoe.json").read_text(encoding="utf-8"))
        panels = set(layout["configById"])

        def placed(node):
            return {node} if isinstance(node, str) else placed(node["first"]) | placed(node["second"])

        self.assertEqual(placed(layout["layout"]), panels)
        shown = json.dumps(layout)
        for topic in ("/posemoe/markers", "/diagnostics", "/posemoe/people3d"):
            self.assertIn(topic, shown)


if __name__ == "__main__":
    unittest.main()
