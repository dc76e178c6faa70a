"""BVH and ASF/AMC: forward kinematics worked out by hand, joint names, damaged files.

    python -m unittest tests.test_rigs        (in the folder training/)
"""

import unittest

import numpy as np

from posemoe_training.sources import asf_amc, bvh

from tests.motion_files import ASF, NAMES, STANDING_M, UNIT_M, Case, amc_text, bvh_text, channels


class Bvh(Case):
    def test_t_pose_and_turns(self):
        values = channels(3)
        values[1, 4] = 90                                          # hips about y: x goes to -z, z to x
        values[2, 3 + 3 * NAMES.index("LeftForeArm")] = 90         # elbow about z: x goes to y
        recording = bvh.read(self.write("ann/t.bvh", bvh_text(values)), "ann")
        x = recording.positions_m
        self.assertEqual((recording.subject, recording.action, round(recording.fps, 3)), ("ann", "t", 60))
        expected = STANDING_M * [1, -1, 1] + [0.10, -0.05, 0]      # in the BVH, left is +x and front is +z: -y
        np.testing.assert_allclose(x[0], expected, atol=1e-5)
        np.testing.assert_allclose(x[1, 5], [0.10, -(0.05 - 0.09), 0.48], atol=1e-5)  # left knee
        np.testing.assert_allclose(x[2, 13], [0.10 + 0.48, -0.05, 1.38 + 0.25], atol=1e-5)  # left wrist
        np.testing.assert_allclose(x[2, 14:], x[0, 14:], atol=1e-5)

    def test_kinematics_against_homogeneous_matrices(self):
        rng = np.random.default_rng(1)
        for order in ("Zrotation Yrotation Xrotation", "Xrotation Zrotation Yrotation"):
            # Positions on every joint, where they take the place of the offset.
            values = rng.uniform(-180, 180, (4, 6 * len(NAMES)))
            text = bvh_text(values, order=order)
            motion = bvh.parse(text.replace("CHANNELS 3", "CHANNELS 6 Xposition Yposition Zposition"))
            found = bvh.forward_kinematics(motion)
            for frame in range(4):
                transforms, column = [], 0
                for joint in motion.joints:
                    matrix = np.eye(4)
                    matrix[:3, 3] = joint.offset
                    for kind, axis in joint.channels:
                        e, v = np.eye(3)["XYZ".index(axis)], motion.values[frame, column]
                        column += 1
                        if kind == "position":
                            matrix["XYZ".index(axis), 3] = v
                        else:  # Rodrigues
                            k, a = np.cross(np.eye(3), e), np.radians(v)
                            turn = np.eye(4)
                            turn[:3, :3] = np.eye(3) + np.sin(a) * k + (1 - np.cos(a)) * k @ k
                            matrix = matrix @ turn
                    transforms.append(matrix if joint.parent < 0 else transforms[joint.parent] @ matrix)
                    np.testing.assert_allclose(found[joint.name][frame], transforms[-1][:3, 3], atol=1e-6)

    def test_names_units_and_axes(self):
        plain = bvh.read(self.write("a.bvh", bvh_text(channels())), "a").positions_m
        text = bvh_text(channels(), prefix="mixamorig:")
        np.testing.assert_allclose(bvh.read(self.write("b.bvh", text), "b").positions_m, plain, atol=1e-6)
        for old, new in (("UpLeg", "Hip"), ("Leg", "Knee"), ("Foot", "Ankle"), ("Shoulder", "Collar"),
                         ("ForeArm", "Elbow"), ("Arm", "Shoulder"), ("Hand", "Wrist")):
            text = text.replace(old, new)
        np.testing.assert_allclose(bvh.read(self.write("c.bvh", text), "c").positions_m, plain, atol=1e-6)
        as_z = bvh.read(self.write("d.bvh", bvh_text(channels())), "d", unit_m=0.01, up="z").positions_m
        np.testing.assert_allclose(as_z[..., [0, 2, 1]] * [1, -1, 1], plain, atol=1e-6)
        self.refuses("implausible size: .* --unit-m", bvh.read, self.folder / "a.bvh", "a", unit_m=1.0)

    def test_puts_back_what_the_copies_of_cmu_left_out(self):
        text = bvh_text(channels()).replace("Neck\n{\nOFFSET 0 25 0", "Neck\n{\nOFFSET 0 0 0")
        text = text.replace("OFFSET 5 25 0", "OFFSET 0 0 0").replace("OFFSET -5 25 0", "OFFSET 0 0 0")
        motion = bvh.parse(text.replace("LeftUpLeg", "LHipJoint"))
        bvh.restore_cmu(motion.joints)
        offsets = {joint.name: joint.offset for joint in motion.joints}
        found = offsets["Neck"], offsets["RightShoulder"], offsets["LeftHand"]
        self.assertEqual(found, ((0, 13, 0), (0, 13, 0), (35, 0, 0)))

    def test_damaged_files(self):
        good = bvh_text(channels(3))
        nan = channels(3)
        nan[1, 7] = np.nan
        for text, pattern in (
            ("", "ends before MOTION"), ("hello", "line 1: unexpected 'hello'"),
            (good.split("MOTION")[0], "ends before MOTION"),
            (good.rsplit(" ", 40)[0], "3 frames of 60 values announced, 140 values"),
            (bvh_text(nan), "NaN or infinity in frame 1"),
            (good.replace("CHANNELS 6", "CHANNELS 5", 1), "announces 5, names 6"),
            (good.replace("Zrotation", "Wrotation", 1), "unknown channel Wrotation"),
            (good.replace("Frames:", "Fr:"), "expected 'Frames'"),
            (good.replace("OFFSET 0 13 0", "OFFSET 0 13"), "OFFSET expects 3 numbers, found 0 13"),
            (good.replace("LeftForeArm", "LeftThing"), "left elbow .*; the file names Hips, .*LeftThing"),
            (good.replace("RightFoot", "LeftFoot"), "second joint named LeftFoot"),
            (good + " x", "values announced, 181"),
            (good[:-1] + "x", "could not convert"), (good.replace("}", "", 1), "braces open"),
            (bvh_text(channels(), frame_s=0), "Frame Time is 0.0 s: give --fps"),
        ):
            with self.subTest(pattern):
                self.refuses(pattern, bvh.read, self.write("bad.bvh", text), "a")


class AsfAmc(Case):
    def test_rest_and_a_turned_axis(self):
        motion = amc_text([("1 20 3 0 0 0", "0", "0"), ("1 20 3 0 0 0", "90", "90"), ("1 20 3 0 90 0", "0", "0")])
        x = asf_amc.read(self.write("07.asf", ASF), self.write("07_01.amc", motion)).positions_m / UNIT_M
        np.testing.assert_allclose(x[0, [0, 4, 5, 6]], [[1, -3, 20], [3, -3, 20], [3, -3, 13], [3, -3, 6]], atol=1e-4)
        np.testing.assert_allclose(x[0, [8, 10, 13]], [[1, -3, 28], [1, -3, 32], [13.6, -3, 28]], atol=1e-4)
        # The thigh's axis is turned by 90 degrees about y: its rx turns about the world's -z, and
        # a quarter of a turn about that takes "down" to -x. The shank goes with it.
        np.testing.assert_allclose(x[1, 4:7], [[3, -3, 20], [-4, -3, 20], [-11, -3, 20]], atol=1e-4)
        np.testing.assert_allclose(x[1, 12:14], [[9, -3, 28], [9, -3, 28 + 3 + 0.8 * 2]], atol=1e-4)
        np.testing.assert_allclose(x[2, 4], [1, -(3 - 2), 20], atol=1e-4)  # the whole body about y

    def test_damaged_files(self):
        good = amc_text([("0 20 0 0 0 0", "0", "0")] * 3)
        self.write("07.asf", ASF)
        for asf, amc, pattern in (
            (ASF, good[:-12], "frame 3 .* does not list"),
            (ASF, good.replace("lradius 0", "lradius nan", 1), "NaN or infinity in lradius"),
            (ASF, good.replace("lradius 0", "lradius x", 1), "could not convert"),
            (ASF, good.replace("lradius", "tail"), "2 of 3 moving bones, then tail"),
            (ASF, "", "0 of 3 moving bones, then the end"), (ASF[:900], good, "lacks :hierarchy"),
            (ASF.replace("length 7", "", 1), good, "lfemur lacks length"),
            (ASF.replace("dof rz", "dof l"), good, "has dof l"),
            (ASF.replace("name head", "name hat").replace("upperneck head", "upperneck hat"), good,
             "bones head; the file names root, "),
            (ASF.replace("lfemur ltibia", "lfemur shin"), good, "lfemur shin names a bone that is not known"),
        ):
            with self.subTest(pattern):
                self.refuses(pattern, asf_amc.read, self.write("x.asf", asf), self.write("x.amc", amc))
        self.refuses("needs 08.asf beside it, found .*07.asf", asf_amc.skeleton_of, self.write("08_01.amc", good))


if __name__ == "__main__":
    unittest.main()
