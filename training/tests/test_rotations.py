"""Orientations of segments: their frames, what is recorded of them, and a head that leaves positions alone."""

import unittest

import torch

from posemoe_training.anthropometry import Body
from posemoe_training.bodies import mirror_half, resize
from posemoe_training.checkpoint import without_orientation
from posemoe_training.draw import Draw
from posemoe_training.network import SIZES, PoseMoE
from posemoe_training.orientation import ACROSS, STRAIGHT, UNIT_M, OrientationHead
from posemoe_training.memory import Memory
from posemoe_training.rotations import data
from posemoe_training.rotations.learn import Plan, examples, learn
from posemoe_training.segments import (LIMBS, NAMES, SEGMENTS, aligned, angle_between, bones, least_turn, orthonormal,
                                       twist_between)
from posemoe_training.streams import make_batch

# Upright, arms hanging, facing +x.
STANDING_M = torch.tensor([
    [0, 0, 0], [0, -.1, 0], [0, -.1, -.45], [0, -.1, -.9], [0, .1, 0], [0, .1, -.45], [0, .1, -.9], [0, 0, .25],
    [0, 0, .5], [0, 0, .6], [0, 0, .7], [0, .18, .5], [0, .18, .2], [0, .18, -.05], [0, -.18, .5], [0, -.18, .2], [0, -.18, -.05]])


def some_turns(*shape: int) -> torch.Tensor:
    return orthonormal(torch.randn(*shape, 3), torch.randn(*shape, 3))


class Segments(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(4)

    def test_who_stands_upright_and_faces_x_is_not_turned(self) -> None:
        self.assertLess(angle_between(least_turn(STANDING_M), torch.eye(3)).max().item(), 1e-3)

    def test_bones_lie_where_joints_are_and_what_is_turned_about_them_stays(self) -> None:
        given = some_turns(50, len(SEGMENTS))
        there = aligned(given, STANDING_M.expand(50, -1, -1))
        z = there[:, list(LIMBS), :, 2]
        self.assertLess((z - bones(STANDING_M)[list(LIMBS)]).norm(dim=-1).max().item(), 1e-3)
        moved = there @ given.transpose(-1, -2)
        axis = torch.stack([moved[..., 2, 1] - moved[..., 1, 2], moved[..., 0, 2] - moved[..., 2, 0],
                            moved[..., 1, 0] - moved[..., 0, 1]], -1)[:, list(LIMBS)]
        self.assertLess((axis * z).sum(-1).abs().median().item(), 1e-4, "no twist is added")
        again = aligned(there, STANDING_M.expand(50, -1, -1))
        self.assertLess(angle_between(again, there).max().item(), 1e-2)

    def test_a_twist_is_an_angle_about_z(self) -> None:
        c, s = torch.tensor(0.4).cos(), torch.tensor(0.4).sin()
        turn = torch.tensor([[c, -s, 0], [s, c, 0], [0, 0, 1]])
        before = some_turns(7)
        self.assertTrue(torch.allclose(twist_between(before, before @ turn), torch.full((7,), 0.4), atol=1e-5))


class Recorded(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.motion = data.load(held_out=True)

    def test_orientations_are_rotations_and_near_what_joints_show(self) -> None:
        batch = make_batch(self.motion, 64, 2, torch.Generator().manual_seed(1), vary=False)
        true, known = data.orientations(batch.axes, batch.joints_m)
        self.assertLess((true.transpose(-1, -2) @ true - torch.eye(3))[known].abs().max().item(), 1e-3)
        off = (angle_between(least_turn(batch.joints_m), true) * known).sum((0, 1)) / known.sum((0, 1))
        for name, most_deg in (("pelvis", 15), ("chest", 15), ("left_thigh", 15), ("right_shank", 15),
                               ("left_upper_arm", 40), ("right_forearm", 40)):
            self.assertLess(off[NAMES.index(name)].rad2deg().item(), most_deg, name)

    def test_a_mirror_exchanges_sides_and_a_body_of_another_size_is_turned_alike(self) -> None:
        draw = Draw(torch.Generator().manual_seed(2))
        row = self.motion.draw_rows(8, draw)
        x = self.motion.sample(row, torch.zeros(8, 1), draw)
        mirrored = mirror_half(x, draw, self.motion.mirrored)
        turned, mirror_turned = (self._turned(y) for y in (x, mirrored))
        flip = torch.diag(torch.tensor([-1.0, 1.0, 1.0])), torch.diag(torch.tensor([1.0, -1.0, 1.0]))
        other_side = [0, 1, 2, 5, 6, 3, 4, 9, 10, 7, 8]
        expected = flip[0] @ turned[:, :, other_side] @ flip[1]
        was = (mirrored == x).all(-1).all(-1).all(-1)
        self.assertTrue(0 < was.sum() < 8)
        self.assertLess(angle_between(mirror_turned, expected)[~was].max().item(), 1e-2)
        resized = self._turned(resize(x, Body.draw(8, draw)))
        self.assertLess(angle_between(resized, turned)[..., 3:].max().item(), 1e-2)

    @staticmethod
    def _turned(x: torch.Tensor) -> torch.Tensor:
        return data.orientations(x[:, :, 17:] - x[:, :, :1], x[:, :, :17])[0]


class Head(unittest.TestCase):
    def test_directions_are_bones_and_what_is_across_two_of_them(self) -> None:
        head, joints_m = OrientationHead(8), torch.randn(5, 17, 3)
        straight = (joints_m.flatten(1) @ head.straight.T).reshape(5, -1, 3)
        a, b, c, d = (joints_m.flatten(1) @ part.T for part in head.across)
        first, last = STRAIGHT[0]
        self.assertTrue(torch.allclose(straight[:, 0], (joints_m[:, last] - joints_m[:, first]) / UNIT_M, atol=1e-5))
        across = (a * b - c * d).reshape(5, -1, 3)
        for row, (one, other) in enumerate(ACROSS):
            self.assertTrue(torch.allclose(across[:, row], torch.cross(straight[:, one], straight[:, other], dim=-1),
                                           atol=1e-4))

    def test_learning_it_changes_no_position_and_training_on_drops_it(self) -> None:
        torch.manual_seed(6)
        network, motion = PoseMoE(SIZES["xs"]).eval(), data.load(held_out=True)
        batch = make_batch(motion, 4, 3, torch.Generator().manual_seed(3))
        with torch.no_grad():
            before = network.lift(*batch.inputs)
            weights = {name: value.clone() for name, value in network.state_dict().items()}
            plan = Plan(batches=2, streams=8, frames=2, epochs=2, size=16)
        learn(network, motion, plan, Memory(), report=lambda _: None)
        with torch.no_grad():
            after = network.lift(*batch.inputs)
        self.assertTrue(torch.equal(before.joints_m, after.joints_m) and torch.equal(before.sigma_m, after.sigma_m))
        self.assertIsNone(before.turned)
        self.assertEqual(after.turned.axes.shape, (4, 3, len(SEGMENTS), 6))
        kept = without_orientation(network.state_dict())
        self.assertEqual(set(kept), set(weights))
        self.assertTrue(all(torch.equal(kept[name], weights[name]) for name in weights))

    def test_what_is_seen_of_people_is_seen_as_in_training(self) -> None:
        network, motion = PoseMoE(SIZES["xs"]).eval(), data.load(held_out=True)
        seen = examples(network, motion, Plan(batches=1, streams=6, frames=2), Memory())
        self.assertEqual(seen.pose.shape[1:], (17, SIZES["xs"].channels))
        self.assertEqual(len(seen.true), len(seen.known))


if __name__ == "__main__":
    unittest.main()
