"""From PyTorch to an ONNX graph for any number of people, of frames, and of frames remembered."""

import logging
import warnings

import onnx
import torch
from onnx import version_converter

from .forms import Form, Inputs

# What PyTorch's exporter speaks.
EXPORTED_OPSET = 18
# What TensorRT 8.6 and ONNX Runtime 1.17 read, the oldest that a Jetson brings.
OPSET, IR_VERSION = 17, 8

# Tracing takes 1 for a constant; any other number stands for all of them.
TRACED_PEOPLE = 3


def to_onnx(form: Form, people: Inputs) -> onnx.ModelProto:
    """The form as a graph, traced on a few of `people`."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # else a warning that torchvision is missing
    sizes = {name: torch.export.Dim(name, min=1) for name in ("people", "frames", "slots")}
    shapes = tuple(
        {axis: sizes[size] for axis, size in {0: "people", **form.axes.get(name, {})}.items()} for name in form.inputs
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            form.eval(), tuple(tensor[:TRACED_PEOPLE].contiguous() for tensor in people),
            dynamo=True, verbose=False, opset_version=EXPORTED_OPSET,
            input_names=list(form.inputs), output_names=list(form.outputs), dynamic_shapes=_as_called(form, shapes),
        )
    return _older(program.model_proto)


def _as_called(form: Form, shapes: tuple) -> tuple:
    # What a module takes as `*kept` is one argument to the exporter.
    plain = len(shapes) - len(getattr(form, "kept", ()))
    return (*shapes[:plain], shapes[plain:]) if plain < len(shapes) else shapes


def _older(model: onnx.ModelProto) -> onnx.ModelProto:
    # Not by the exporter: it converts without the weights, where the axes of a ReduceMean are.
    model = version_converter.convert_version(model, OPSET)
    model.ir_version = IR_VERSION
    for node in model.graph.node:
        # The converter leaves this attribute of operator set 18 behind.
        kept = [attribute for attribute in node.attribute if attribute.name != "noop_with_empty_axes"]
        if node.op_type in ("ReduceMean", "ReduceL2"):
            del node.attribute[:]
            node.attribute.extend(kept)
    return model
