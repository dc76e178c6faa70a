"""The YAML of docs/nav2.md and docs/moveit.md: it loads, and has no key that Nav2 or MoveIt do not document."""

import re
import unittest
from pathlib import Path

import yaml

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"

# Nav2's configuration guide (docs.nav2.org/configuration): Collision Monitor Node, its polygons and sources.
MONITOR = {
    "base_frame_id", "odom_frame_id", "cmd_vel_in_topic", "cmd_vel_out_topic", "state_topic", "transform_tolerance",
    "source_timeout", "base_shift_correction", "stop_pub_timeout", "polygons", "observation_sources",
    "use_realtime_priority", "enable_stamped_cmd_vel", "bond_heartbeat_period",
}
POLYGON = {
    "type", "points", "polygon_sub_topic", "footprint_topic", "polygon_subscribe_transient_local", "radius",
    "action_type", "min_points", "slowdown_ratio", "linear_limit", "angular_limit", "time_before_collision",
    "simulation_time_step", "visualize", "polygon_pub_topic", "enabled",
}
MONITOR_SOURCE = {
    "type", "topic", "min_height", "max_height", "obstacles_angle", "sampling_distance", "enabled", "source_timeout",
}
# Costmap 2D, Voxel Layer and Inflation Layer; `plugin` is each layer's type.
COSTMAP = {
    "global_frame", "robot_base_frame", "update_frequency", "publish_frequency", "rolling_window", "width", "height",
    "resolution", "plugins",
}
VOXEL = {
    "plugin", "enabled", "footprint_clearing_enabled", "max_obstacle_height", "z_voxels", "origin_z", "z_resolution",
    "unknown_threshold", "mark_threshold", "combination_method", "publish_voxel_map", "observation_sources",
}
VOXEL_SOURCE = {
    "topic", "sensor_frame", "observation_persistence", "expected_update_rate", "data_type", "min_obstacle_height",
    "max_obstacle_height", "inf_is_valid", "marking", "clearing", "obstacle_max_range", "obstacle_min_range",
    "raytrace_max_range", "raytrace_min_range",
}
INFLATION = {"plugin", "enabled", "inflation_radius", "cost_scaling_factor", "inflate_unknown", "inflate_around_unknown"}
# MoveIt's Perception Pipeline Tutorial.
UPDATER = {
    "sensor_plugin", "point_cloud_topic", "max_range", "point_subsample", "padding_offset", "padding_scale",
    "max_update_rate", "filtered_cloud_topic",
}
OCTOMAP = {"octomap_frame", "octomap_resolution", "max_range"}
CLOUD = "/posemoe/cloud"


def blocks(page):
    text = (DOCS / page).read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]


class HowTos(unittest.TestCase):
    def check(self, found, known):
        self.assertEqual(set(found) - known, set())

    def test_collision_monitor(self):
        monitor = blocks("nav2.md")[1]["collision_monitor"]["ros__parameters"]
        polygons, sources = monitor["polygons"], monitor["observation_sources"]
        self.check(monitor, MONITOR | set(polygons) | set(sources))
        for name in polygons:
            self.check(monitor[name], POLYGON)
        for name in sources:
            self.check(monitor[name], MONITOR_SOURCE)
        self.assertEqual((monitor["people"]["type"], monitor["people"]["topic"]), ("pointcloud", CLOUD))

    def test_costmap(self):
        costmap = blocks("nav2.md")[2]["local_costmap"]["local_costmap"]["ros__parameters"]
        self.check(costmap, COSTMAP | set(costmap["plugins"]))
        voxel = costmap["voxel_layer"]
        sources = voxel["observation_sources"].split()
        self.check(voxel, VOXEL | set(sources))
        for name in sources:
            self.check(voxel[name], VOXEL_SOURCE)
        self.check(costmap["inflation_layer"], INFLATION)
        self.assertLessEqual(voxel["z_voxels"], 16)
        self.assertEqual((voxel["people"]["data_type"], voxel["people"]["topic"]), ("PointCloud2", CLOUD))

    def test_moveit(self):
        _, sensors, octomap = blocks("moveit.md")
        for name in sensors["sensors"]:
            self.check(sensors[name], UPDATER)
        self.check(octomap, OCTOMAP)
        self.assertEqual(sensors["people"]["point_cloud_topic"], CLOUD)


if __name__ == "__main__":
    unittest.main()
