"""Training: single frames teach the spatial parts first, then streams teach the temporal ones.

Several processes (`torchrun`) share each step's batch. Every step seeds its own random numbers, so a run
that was interrupted goes on as if it had not been.
"""

import argparse
import math
import os
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import torch
import torch.distributed as dist
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from . import HOME, checkpoint
from .calibrate import PEOPLE, calibrate_sigma
from .data import Motion
from .evaluation.held_out import quick
from .loss import loss_of
from .network import PoseMoE, parameter_count
from .recipe import Recipe, RecipeError, Stage, read, smoke, with_seed
from .sources.recording import read_licence
from .streams import World, make_batch

WEIGHT_DECAY = 0.01
LARGEST_GRADIENT = 1.0
BOTH_WAYS = 4           # every so many steps frames see what comes after them too, as in a window
REPORTS = 6             # evaluations and checkpoints in a stage, at least 100 steps apart
REPORT_PEOPLE = 384


def faster_in_bfloat16(device: str) -> bool:
    """Whether matrices are multiplied faster in bfloat16. GPUs since Ampere do. Of CPUs that have it some are twice as
    fast, some (AVX-512 without AMX, as PyTorch 2.15 uses it) half as fast as in float32: so these are measured."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device != "cpu" or not (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return False
    return _product_s(torch.bfloat16) < _product_s(torch.float32)


def _product_s(kind: torch.dtype, tries: int = 7) -> float:
    """Seconds of the least of some matrix products as large as those of a step."""
    a, b = torch.ones(8192, 96, dtype=kind), torch.ones(96, 384, dtype=kind)
    took = []
    for _ in range(tries):
        began = time.perf_counter()
        a @ b
        took.append(time.perf_counter() - began)
    return min(took)


class Processes:
    """This process among those that train together; one alone unless started by `torchrun`."""

    def __init__(self) -> None:
        self.count, self.rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
        gpu = torch.cuda.is_available()
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if gpu else torch.device("cpu")
        if self.count > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if gpu else "gloo")

    @property
    def first(self) -> bool:
        return self.rank == 0

    def average_gradients(self, network: torch.nn.Module) -> None:
        if self.count == 1:
            return
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        dist.all_reduce(flat)
        flat /= self.count
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients])):
            gradient.copy_(part.view_as(gradient))

    def end(self) -> None:
        if self.count > 1:
            dist.destroy_process_group()


class Optimizer:
    """Muon for the hidden matrices, AdamW for the rest.

    Muon makes each update orthogonal, which here learns about eight times more from each example than AdamW
    alone (measured: docs/model.md).
    """

    def __init__(self, network: PoseMoE, stage: Stage):
        matrices = network.matrices()
        apart = {id(p) for p in matrices}
        others = [p for p in network.parameters() if id(p) not in apart]
        self.parts = [
            torch.optim.Muon(matrices, lr=stage.matrix_rate, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, lr=stage.other_rate, weight_decay=0.0),
        ]
        self.rates = (stage.matrix_rate, stage.other_rate)

    def step(self, share: float) -> None:
        """One step with `share` of the full learning rates."""
        for part, rate in zip(self.parts, self.rates):
            for group in part.param_groups:
                group["lr"] = rate * share
            part.step()

    def state(self) -> List[Dict[str, Any]]:
        return [part.state_dict() for part in self.parts]

    def restore(self, state: List[Dict[str, Any]]) -> None:
        for part, kept in zip(self.parts, state):
            part.load_state_dict(kept)


def rate_share(stage: Stage, step: int) -> float:
    warm = min(1.0, (step + 1) / stage.warmup)
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / stage.steps)))


class Run:
    """A recipe being followed, from its beginning or from a checkpoint's state."""

    def __init__(self, recipe: Recipe, out: Optional[Path], processes: Processes, logs: Optional[Path] = None):
        torch.manual_seed(recipe.seed)
        self.recipe, self.out, self.processes = recipe, out, processes
        device = processes.device
        # Once: it takes as long as a share of a step.
        self.in_bfloat16 = faster_in_bfloat16(device.type) if recipe.precision == "auto" else recipe.precision == "bfloat16"
        self.motion = Motion.load(held_out=False, sources=recipe.sources()).to(device)
        self.held_out = Motion.load(held_out=True)
        self.network = PoseMoE(recipe.network_size(), recipe.variant).to(device)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.average))
        self.own_data = [{"name": Path(p).name, "licence": read_licence(Path(p))} for p in recipe.more_data]
        self.stage, self.step, self.kept_optimizer = 0, 0, None
        self.optimizer: Optional[Optimizer] = None
        self.writer = SummaryWriter(str(logs)) if logs and processes.first else None

    def start_from(self, kept: Dict[str, Any], stage: Optional[str] = None) -> None:
        """Begins with a checkpoint's weights, at the stage of that name or the first. What touched them still binds
        them."""
        size, variant = kept["recipe"]["size"], kept["recipe"]["variant"]
        if (size, variant) != (self.recipe.size, self.recipe.variant):
            raise checkpoint.CheckpointError(f"these weights are of size {size}, variant {variant}; "
                                             f"the recipe has {self.recipe.size}, {self.recipe.variant}")
        if stage:
            self.stage = self.recipe.stage_named(stage)
        self.own_data = kept["own_data"] + [row for row in self.own_data if row not in kept["own_data"]]
        weights = checkpoint.without_orientation(kept["network"])
        self.network.load_state_dict(weights)
        self.average.module.load_state_dict(weights)

    def resume(self, kept: Dict[str, Any]) -> None:
        """Goes on where the checkpoint was written."""
        state = kept["state"]
        if state is None:
            raise checkpoint.CheckpointError("this checkpoint holds weights only; begin with them by --from")
        self.own_data = kept["own_data"]
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.stage, self.step, self.kept_optimizer = state["stage"], state["step"], state["optimizer"]

    def _seeded(self, step: int) -> torch.Generator:
        seed = ((self.recipe.seed * 64 + self.stage) * 1_000_003 + step) * 4096 + self.processes.rank
        return torch.Generator(self.processes.device).manual_seed(seed)

    def _autocast(self):
        return torch.autocast(self.processes.device.type, torch.bfloat16) if self.in_bfloat16 else nullcontext()

    def follow(self, report: Callable[[str], None] = tqdm.write) -> PoseMoE:
        """Runs what is left of the recipe and gives back the averaged network."""
        if self.processes.first:
            report(f"{self.recipe.size}, {self.recipe.variant}: {parameter_count(self.network):,} parameters, "
                   f"{self.processes.count} process(es) on {self.processes.device.type}")
        while self.stage < len(self.recipe.stages):
            self._follow_stage(self.recipe.stages[self.stage], report)
            # The next stage begins with the average, which is better than the last step.
            self.network.load_state_dict(self.average.module.state_dict())
            self.stage, self.step, self.kept_optimizer = self.stage + 1, 0, None
        self.optimizer = None
        people = self.recipe.stages[-1].at_most(PEOPLE)
        factor = calibrate_sigma(self.average.module, self.motion, self.recipe.memory, people)
        if self.processes.first:
            report(f"sigma scaled by {factor:.3f}")
        self.save()
        return self.average.module.eval()

    def _follow_stage(self, stage: Stage, report: Callable[[str], None]) -> None:
        optimizer = self.optimizer = Optimizer(self.network, stage)
        if self.kept_optimizer is not None:
            optimizer.restore(self.kept_optimizer)
        self.network.train()
        with tqdm(total=stage.steps, initial=self.step, desc=stage.name, mininterval=5,
                  disable=not self.processes.first) as bar:
            while self.step < stage.steps:
                terms = self._losses(stage)
                self.network.zero_grad(set_to_none=True)
                sum(terms.values()).backward()
                self.processes.average_gradients(self.network)
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)
                optimizer.step(rate_share(stage, self.step))
                self.average.update_parameters(self.network)
                self.step += 1
                bar.update()
                self._log(stage, terms)
                due = self.step % max(100, stage.steps // REPORTS) == 0 or self.step == stage.steps
                if due and self.processes.first:
                    self._report(stage, report)
                    self.save()

    def _losses(self, stage: Stage) -> Dict[str, torch.Tensor]:
        """What this process's share of the step's examples says."""
        rng = self._seeded(self.step)
        world = self.recipe.world(stage)
        terms = self._loss(rng, world, stage.batch, stage.frames, causal=self.step % BOTH_WAYS != BOTH_WAYS - 1)
        if stage.lone:
            terms.update({f"lone_{name}": term for name, term in self._loss(rng, world, stage.lone, 1).items()})
        return terms

    def _loss(self, rng: torch.Generator, world: World, size: int, frames: int,
              causal: bool = True) -> Dict[str, torch.Tensor]:
        batch = make_batch(self.motion, max(1, size // self.processes.count), frames, rng, memory=self.recipe.memory,
                           world=world)
        with self._autocast():
            lifted = self.network.lift(*batch.inputs, self.recipe.memory, causal)
        return loss_of(lifted, batch)

    def _log(self, stage: Stage, terms: Dict[str, torch.Tensor]) -> None:
        if self.writer and self.step % 20 == 0:
            for name, value in terms.items():
                self.writer.add_scalar(f"{stage.name}/loss_{name}", value.item(), self.step)

    def _report(self, stage: Stage, report: Callable[[str], None]) -> None:
        figures = quick(self.average.module.eval(), self.held_out, stage.at_most(REPORT_PEOPLE), self.recipe.memory)
        report(f"{stage.name}, step {self.step}, held out: " + ", ".join(f"{k} {v:.1f}" for k, v in figures.items()))
        if self.writer:
            for name, value in figures.items():
                self.writer.add_scalar(f"{stage.name}/held_out_{name}", value, self.step)

    def save(self) -> None:
        if self.out is None or not self.processes.first:
            return
        checkpoint.save(self.out, self.recipe, self.average.module, self.own_data, {
            "stage": self.stage, "step": self.step, "network": self.network.state_dict(),
            "average": self.average.state_dict(), "optimizer": self.optimizer.state() if self.optimizer else None,
        })


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", default="s", help="a recipe in configs/ or a path (default: s)")
    parser.add_argument("--out", type=Path, help="checkpoint to write (default: checkpoints/SIZE.pt)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--resume", type=Path, help="go on where this checkpoint was written, by its own recipe")
    where.add_argument("--from", dest="start", type=Path, help="begin the recipe with this checkpoint's weights")
    parser.add_argument("--stage", metavar="NAME", help="with --from: begin with this stage of the recipe")
    parser.add_argument("--seed", type=int, help="instead of the recipe's")
    parser.add_argument("--tensorboard", type=Path,
                        help="folder for TensorBoard (default: runs/NAME of the checkpoint)")
    parser.add_argument("--smoke", action="store_true", help="a few steps of every stage: does everything fit?")


def run(args: argparse.Namespace) -> int:
    if args.stage and not args.start:
        raise RecipeError("--stage says where to begin with the weights of --from, and there are none")
    kept = checkpoint.load(args.resume or args.start) if args.resume or args.start else None
    recipe = checkpoint.recipe_of(kept, args.resume) if args.resume else with_seed(read(args.config), args.seed)
    recipe = smoke(recipe) if args.smoke else recipe
    out = args.out or args.resume or HOME / "checkpoints" / f"{recipe.size}.pt"
    processes = Processes()
    work = Run(recipe, out, processes, args.tensorboard or HOME / "runs" / out.stem)
    if args.resume:
        work.resume(kept)
    elif args.start:
        work.start_from(kept, args.stage)
    work.follow()
    processes.end()
    return 0
