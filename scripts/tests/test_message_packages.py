"""Which packages of messages are built in, on a stand-in for the ament index.

Needs CMake; POSEMOE_SKIP_CMAKE=1 leaves it out.
"""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
# What an index says of each package: whether it has messages, and what it depends on.
PACKAGES = {
    "zed_msgs": (True, ["geometry_msgs", "shape_msgs", "rosidl_default_runtime"]),
    "shape_msgs": (True, ["geometry_msgs", "ament_lint_auto"]),
    "geometry_msgs": (True, ["std_msgs"]),
    "std_msgs": (True, ["builtin_interfaces"]),
    "builtin_interfaces": (True, []),
    "rosidl_default_runtime": (False, ["service_msgs"]),
    "service_msgs": (True, ["builtin_interfaces"]),
}
SCRIPT = """
cmake_minimum_required(VERSION 3.16)
function(ament_index_has_resource result kind package)
  set(${result} FALSE PARENT_SCOPE)
  if(EXISTS "${INDEX}/${kind}/${package}")
    set(${result} "${INDEX}" PARENT_SCOPE)
  endif()
endfunction()
function(ament_index_get_resource result kind package)
  file(READ "${INDEX}/${kind}/${package}" content)
  set(${result} "${content}" PARENT_SCOPE)
endfunction()
include("${CODE}")
message_packages(found ${WANTED})
message("${found}")
"""


@unittest.skipIf(os.environ.get("POSEMOE_SKIP_CMAKE") == "1", "POSEMOE_SKIP_CMAKE=1")
class MessagePackages(unittest.TestCase):
    def found(self, *wanted):
        with tempfile.TemporaryDirectory() as folder:
            for name, (has_messages, dependencies) in PACKAGES.items():
                content = ";".join(dependencies)
                for kind in ["package_run_dependencies"] + ["rosidl_interfaces"] * has_messages:
                    path = Path(folder) / kind / name
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(content, encoding="utf-8")
            script = Path(folder) / "script.cmake"
            script.write_text(SCRIPT, encoding="utf-8")
            code = REPOSITORY / "cmake" / "message_packages.cmake"
            command = ["cmake", f"-DINDEX={folder}", f"-DCODE={code}", "-DWANTED=" + ";".join(wanted)]
            ran = subprocess.run(
                [*command, "-P", str(script)], stderr=subprocess.PIPE, text=True, check=True
            )
        return ran.stderr.strip().split(";")

    def test_what_a_package_depends_on_comes_with_it(self):
        expected = ["builtin_interfaces", "geometry_msgs", "shape_msgs", "std_msgs", "zed_msgs"]
        self.assertEqual(self.found("zed_msgs"), expected)

    def test_what_is_not_installed_is_not_found(self):
        self.assertEqual(self.found("std_msgs", "yolo_msgs"), ["builtin_interfaces", "std_msgs"])
        self.assertEqual(self.found("yolo_msgs"), [""])


if __name__ == "__main__":
    unittest.main()
