"""Makes tests/data/tiny/: a very small network with weights of chance, which takes measured depths and says how
segments are turned, in both forms, and inputs with its answers. For tests in Rust to which it does not matter how good
a network is.

    cd training && python -m tests.make_tiny
"""

import torch

from posemoe_training import HOME
from posemoe_training.data import Motion
from posemoe_training.export.fixture import Scene, write_fixture
from posemoe_training.export.forms import StreamForm, WindowForm
from posemoe_training.export.parity import held_out_people
from posemoe_training.export.write import write_float32
from posemoe_training.memory import Memory
from posemoe_training.network import PoseMoE, Size
from posemoe_training.orientation import OrientationHead

FOLDER = HOME.parent / "tests" / "data" / "tiny"
TINY = Size(channels=8, heads=2, expert_space=1, expert_time=1, decoder=1)
MEMORY = Memory(frames=24, span_s=3.0)  # which the longest visit fills
SCENE = Scene(frames=120, visits=((0, 120), (20, 50), (80, 3), (119, 1)))


def tiny() -> PoseMoE:
    torch.manual_seed(1)
    network = PoseMoE(TINY).eval()
    network.orientation = OrientationHead(TINY.channels, of_each_joint=2, hidden=8).eval()
    for parameter in network.parameters():
        if parameter.ndim == 2:  # blocks in time begin as the identity
            torch.nn.init.normal_(parameter, std=0.15)
    return network


def main() -> None:
    torch.set_num_threads(1)
    network, held_out = tiny(), Motion.load(held_out=True)
    people = held_out_people(held_out)
    write_float32(StreamForm(network, MEMORY), people, FOLDER / "stream.onnx")
    write_float32(WindowForm(network, MEMORY), people, FOLDER / "window.onnx")
    write_fixture(network, MEMORY, held_out, FOLDER / "parity.safetensors", SCENE)


if __name__ == "__main__":
    main()
