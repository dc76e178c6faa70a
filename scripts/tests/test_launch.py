"""The launch file offers arguments that the node really has, and passes on only what was given.

ROS 2's launch is not needed: what the launch file takes of it is stubbed here.
"""

import re
import sys
import unittest
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest import mock

REPOSITORY = Path(__file__).resolve().parent.parent.parent
LAUNCH_FILE = REPOSITORY / "launch" / "posemoe.launch.py"
PARAMETER_FILE = REPOSITORY / "config" / "posemoe.yaml"
NOT_PARAMETERS = {"namespace", "params_file", "log_level"}


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


def stubs():
    contents = {
        "launch": {"LaunchDescription": lambda entities: entities},
        "launch.actions": {
            "DeclareLaunchArgument": record("argument", "name"),
            "OpaqueFunction": record("function"),
        },
        "launch.substitutions": {"LaunchConfiguration": LaunchConfiguration},
        "launch_ros": {},
        "launch_ros.actions": {"Node": record("node")},
    }
    modules = {name: ModuleType(name) for name in contents}
    for name, members in contents.items():
        vars(modules[name]).update(members)
    return modules


def description():
    """The entities of the launch file."""
    namespace = {"__name__": "posemoe_launch", "__file__": str(LAUNCH_FILE)}
    with mock.patch.dict(sys.modules, stubs()):
        exec(compile(LAUNCH_FILE.read_text(encoding="utf-8"), str(LAUNCH_FILE), "exec"), namespace)
        return namespace["generate_launch_description"]()


def arguments():
    return {entity.name: entity for entity in description() if entity.kind == "argument"}


def started(**given):
    """The node that is started when these arguments are given."""
    context = {name: argument.default_value for name, argument in arguments().items()}
    context.update(given)
    (function,) = [entity.function for entity in description() if entity.kind == "function"]
    (node,) = function(context)
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
        node = started(params_file="/a/b.yaml", keypoints_topic="/front/kp", namespace="robot")
        self.assertEqual(node.parameters, ["/a/b.yaml", {"keypoints_topic": "/front/kp"}])
        self.assertEqual(node.namespace, "robot")


if __name__ == "__main__":
    unittest.main()
