"""The export writes what the node can run, in both forms, and refuses the rest."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

import onnx
import torch
from onnx import TensorProto, helper

from posemoe_training.export import write
from posemoe_training.export.forms import StreamForm, WindowForm
from posemoe_training.export.manifest import read_manifest
from posemoe_training.export.operators import check_operators
from posemoe_training.export.parity import Apart, check_float16, check_float32, onnx_answer
from posemoe_training.export.refused import Refused
from posemoe_training.layers import CYCLE_S, WIDTH
from posemoe_training.memory import Memory
from posemoe_training.network import SIZES, PoseMoE, parameter_count
from posemoe_training.streams import Batch

MEMORY = Memory(frames=20, span_s=3.0)
SMALL = replace(SIZES["xs"], channels=32, heads=2, expert_space=1)


def some_people(count: int = 6, frames: int = 8) -> Batch:
    """Streams of the right shapes; the oldest frame is missing, and half of the depths."""
    age_s = torch.linspace(0.8, 0, frames).repeat(count, 1)
    present = torch.ones_like(age_s)
    present[:, 0] = 0
    depth = torch.cat([torch.randn(count, frames, 17, 2), torch.ones(count, frames, 17, 1)], -1)
    depth = depth * (torch.rand(count, frames, 17, 1) > 0.5)
    unknown = torch.zeros(0)
    return Batch(torch.rand(count, frames, 17, 3), 0.5 * torch.randn(count, frames, 3), depth, age_s, present,
                 unknown, unknown, unknown)


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
        network = PoseMoE(SMALL).eval()
        for parameter in network.parameters():
            if parameter.abs().max() == 0:  # blocks in time begin as the identity
                torch.nn.init.normal_(parameter, std=0.1)
        cls.stream, cls.window = StreamForm(network, MEMORY), WindowForm(network, MEMORY)
        people = some_people()
        cls.inputs = cls.stream.example(people)
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        model = write.write_float32(cls.stream, people, cls.folder / "small.onnx")
        write.write_float16(cls.stream, people, model, cls.folder / "small_fp16.onnx")
        write.write_float32(cls.window, people, cls.folder / "small_window.onnx")
        cls.float32, cls.float16, cls.windows = (
            onnx.load(cls.folder / f"{name}.onnx") for name in ("small", "small_fp16", "small_window"))

    def test_the_files_hold_their_manifests(self) -> None:
        for model, kind, name, precision in (
                (self.float32, "stream", "small", "float32"), (self.float16, "stream", "small_fp16", "float16"),
                (self.windows, "window", "small_window", "float32")):
            manifest = read_manifest(model)
            self.assertEqual((manifest["kind"], manifest["name"], manifest["precision"]), (kind, name, precision))
            self.assertEqual(manifest["size"], "custom")
            self.assertEqual(manifest["parameters"], parameter_count(self.stream.network))
            self.assertIn("float32 [people, frames, 17, 3]: measured depth", manifest["inputs"]["depth"])
            accad, = (data for data in manifest["training_data"] if data["name"] == "ACCAD")
            self.assertEqual(accad["credit"], "ACCAD Motion Lab, The Ohio State University")
        memory = read_manifest(self.float32)["memory"]
        self.assertEqual(memory, {"frames": 20, "span_s": 3.0, "cycle_s": CYCLE_S, "blocks": 4, "width": WIDTH})
        self.assertNotIn("memory", read_manifest(self.windows))

    def test_inputs_and_outputs_are_float32_and_any_number_of_people_may_come(self) -> None:
        for form, model in ((self.stream, self.float32), (self.stream, self.float16), (self.window, self.windows)):
            ends = {end.name: end.type.tensor_type for end in (*model.graph.input, *model.graph.output)}
            self.assertEqual(set(ends), {*form.inputs, *form.outputs})
            for name, end in ends.items():
                self.assertEqual(end.elem_type, TensorProto.FLOAT)
                self.assertTrue(end.shape.dim[0].dim_param, "the number of people is fixed")
                for axis in form.axes.get(name, {}):
                    self.assertTrue(end.shape.dim[axis].dim_param, f"{name}'s frames are counted")

    def test_as_many_frames_may_be_remembered_or_seen_as_wanted(self) -> None:
        for form, model in ((self.stream, self.float32), (self.window, self.windows)):
            for frames in (2, 13):  # of a stream one is new, or several are
                check_float32(form, model, form.example(some_people(count=2, frames=frames)))

    def test_a_measured_depth_changes_the_answer(self) -> None:
        for form, model in ((self.stream, self.float32), (self.window, self.windows)):
            keypoints, view, depth, *others = form.example(some_people())
            measured, none = (onnx_answer(form, model, (keypoints, view, d, *others)) for d in (depth, 0 * depth))
            self.assertGreater(Apart.between(measured, none).joint_m, 1e-3)

    def test_the_weights_of_the_variant_are_float16(self) -> None:
        stored = {TensorProto.FLOAT: 0, TensorProto.FLOAT16: 0}
        for tensor in self.float16.graph.initializer:
            if tensor.data_type in stored:
                stored[tensor.data_type] += len(onnx.numpy_helper.to_array(tensor).ravel())
        self.assertGreater(stored[TensorProto.FLOAT16], 5 * stored[TensorProto.FLOAT])

    def test_a_file_of_another_network_is_refused(self) -> None:
        other = StreamForm(PoseMoE(SMALL).eval(), MEMORY)
        with self.assertRaisesRegex(Refused, "people: 1; .* expected at most 0.02 mm"):
            check_float32(other, self.float32, self.inputs)

    def test_an_answer_that_is_no_number_is_refused(self) -> None:
        keypoints, *others = self.inputs
        with self.assertRaisesRegex(Refused, "nan"):
            check_float16(self.stream, self.float32, self.float16, (keypoints * torch.nan, *others))

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
