"""From PyTorch to an ONNX graph for any number of people."""

import logging
import warnings
from typing import Tuple

import onnx
import torch
from onnx import version_converter
from torch import nn

# What PyTorch's exporter speaks.
EXPORTED_OPSET = 18
# What TensorRT 8.6 and ONNX Runtime 1.17 read, the oldest that a Jetson brings.
OPSET, IR_VERSION = 17, 8

INPUTS = ("keypoints", "view", "age_s", "present")
OUTPUTS = ("joints_m", "sigma_m")
# Tracing takes 1 for a constant; any other number stands for all of them.
TRACED_PEOPLE = 3

Inputs = Tuple[torch.Tensor, ...]


def to_onnx(network: nn.Module, people: Inputs) -> onnx.ModelProto:
    """The network as a graph, traced on a few of `people`."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # else a warning that torchvision is missing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network.eval(), tuple(tensor[:TRACED_PEOPLE].contiguous() for tensor in people),
            dynamo=True, verbose=False, opset_version=EXPORTED_OPSET,
            input_names=list(INPUTS), output_names=list(OUTPUTS),
            dynamic_shapes={name: {0: torch.export.Dim("people", min=1)} for name in INPUTS},
        )
    return _older(program.model_proto)


def _older(model: onnx.ModelProto) -> onnx.ModelProto:
    # Not by the exporter: it converts without the weights, where the axes of a ReduceMean are.
    model = version_converter.convert_version(model, OPSET)
    model.ir_version = IR_VERSION
    for node in model.graph.node:
        # The converter leaves this attribute of operator set 18 behind.
        kept = [attribute for attribute in node.attribute if attribute.name != "noop_with_empty_axes"]
        if node.op_type == "ReduceMean":
            del node.attribute[:]
            node.attribute.extend(kept)
    return model
