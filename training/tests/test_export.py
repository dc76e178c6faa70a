"""The export writes what the node can run, and refuses the rest."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

import onnx
import torch
from onnx import TensorProto, helper

from posemoe_training.export import write
from posemoe_training.export.graph import INPUTS, OUTPUTS
from posemoe_training.export.manifest import read_manifest
from posemoe_training.export.operators import check_operators
from posemoe_training.export.parity import check_float16, check_float32
from posemoe_training.export.refused import Refused
from posemoe_training.network import SIZES, PoseMoE, parameter_count
from posemoe_training.windows import WindowLayout

LAYOUT = WindowLayout()
SMALL = replace(SIZES["xs"], channels=32, heads=2, expert_space=1)


def some_people(count: int = 6) -> tuple:
    """Inputs of the right shapes; the oldest frame is missing."""
    age_s = torch.linspace(0.8, 0, LAYOUT.frames).repeat(count, 1)
    present = torch.ones_like(age_s)
    present[:, 0] = 0
    return (torch.rand(count, LAYOUT.frames, 17, 3), 0.5 * torch.randn(count, LAYOUT.frames, 3), age_s, present)


def lone_node(operator: str, domain: str = "", **attributes: object) -> onnx.ModelProto:
    """A model of one node, named the_node."""
    scalar = helper.make_tensor_value_info("x", TensorProto.FLOAT, [])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [])
    node = helper.make_node(operator, ["", "", "x"], ["y"], name="the_node", domain=domain, **attributes)
    return helper.make_model(helper.make_graph([node], "graph", [scalar], [result]))


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        torch.manual_seed(3)
        cls.network = PoseMoE(SMALL).eval()
        cls.people = some_people()
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        model = write.write_float32(cls.network, LAYOUT, cls.people, cls.folder / "small.onnx")
        write.write_float16(cls.network, LAYOUT, cls.people, model, cls.folder / "small_fp16.onnx")
        cls.float32, cls.float16 = (onnx.load(cls.folder / name) for name in ("small.onnx", "small_fp16.onnx"))

    def test_the_files_hold_their_manifests(self) -> None:
        for model, name, precision in ((self.float32, "small", "float32"), (self.float16, "small_fp16", "float16")):
            manifest = read_manifest(model)
            self.assertEqual((manifest["name"], manifest["precision"]), (name, precision))
            self.assertEqual(manifest["size"], "custom")
            self.assertEqual(manifest["parameters"], parameter_count(self.network))
            self.assertEqual(manifest["window"]["frames"], LAYOUT.frames)

    def test_inputs_and_outputs_are_float32_in_both(self) -> None:
        for model in (self.float32, self.float16):
            ends = {end.name: end.type.tensor_type for end in (*model.graph.input, *model.graph.output)}
            self.assertEqual(set(ends), {*INPUTS, *OUTPUTS})
            for end in ends.values():
                self.assertEqual(end.elem_type, TensorProto.FLOAT)
                self.assertTrue(end.shape.dim[0].dim_param, "the number of people is fixed")

    def test_the_weights_of_the_variant_are_float16(self) -> None:
        stored = {TensorProto.FLOAT: 0, TensorProto.FLOAT16: 0}
        for tensor in self.float16.graph.initializer:
            if tensor.data_type in stored:
                stored[tensor.data_type] += len(onnx.numpy_helper.to_array(tensor).ravel())
        self.assertGreater(stored[TensorProto.FLOAT16], 5 * stored[TensorProto.FLOAT])

    def test_a_file_of_another_network_is_refused(self) -> None:
        with self.assertRaisesRegex(Refused, "people: 1; .* expected at most 0.02 mm"):
            check_float32(PoseMoE(SMALL), self.float32, self.people)

    def test_an_answer_that_is_no_number_is_refused(self) -> None:
        keypoints, *others = self.people
        with self.assertRaisesRegex(Refused, "nan"):
            check_float16(self.float32, self.float16, (keypoints * torch.nan, *others))

    def test_a_file_that_is_too_large_is_not_written(self) -> None:
        out, model = self.folder / "large.onnx", onnx.ModelProto()
        model.CopyFrom(self.float32)
        with mock.patch.object(write, "MOST_BYTES", 1000), self.assertRaisesRegex(Refused, "at most 1,000"):
            write.write_model(model, {}, out)
        self.assertFalse(out.exists())


class Operators(unittest.TestCase):
    def test_a_loop_is_refused_by_its_node(self) -> None:
        body = helper.make_graph([], "body", [], [])
        with self.assertRaisesRegex(Refused, "node 'the_node' is a Loop, expected one of Abs, Add"):
            check_operators(lone_node("Loop", body=body))

    def test_an_operator_of_one_runtime_only_is_refused(self) -> None:
        with self.assertRaisesRegex(Refused, "is a com.microsoft.Gelu"):
            check_operators(lone_node("Gelu", domain="com.microsoft"))


if __name__ == "__main__":
    unittest.main()
