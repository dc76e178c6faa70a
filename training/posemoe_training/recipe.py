"""What a training run is made of; kept in `configs/*.yaml`."""

from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

import yaml

from . import HOME
from .data import Sources
from .depth import DepthCameras
from .detector import Detectors
from .memory import Memory
from .network import RIVALS, SIZES, VARIANTS, Size
from .poses import Poses
from .streams import World

CONFIGS = HOME / "configs"
PRECISIONS = ("auto", "float32", "bfloat16")
# Parts of a recipe that are mappings, besides stages.
PARTS = {"memory": Memory, "poses": Poses, "detectors": Detectors, "depth": DepthCameras}


@dataclass(frozen=True)
class Stage:
    """One stretch of training; its learning rates rise for `warmup` steps, then fall along a cosine."""

    name: str
    steps: int
    frames: int                  # of a stream; 1 teaches the spatial parts only
    batch: int                   # streams a step, over all processes
    matrix_rate: float           # learning rate of the hidden matrices (Muon)
    other_rate: float = 1e-3     # and of everything else (AdamW)
    warmup: int = 50
    lone: int = 0                # single frames of other people a step, beside the streams
    poses: Optional[Poses] = None  # made poses; None: the recipe's

    def at_most(self, people: int) -> int:
        """How many people to measure on; a smoke run of few steps has no time for many."""
        return min(people, 8 * self.steps)


@dataclass(frozen=True)
class Recipe:
    size: str
    stages: Tuple[Stage, ...]
    variant: str = "full"
    seed: int = 7
    memory: Memory = Memory()    # of the shipped model
    precision: str = "auto"      # of the matrix products; auto: bfloat16 where that is faster
    average: float = 0.998       # running average of the weights that is kept, per step
    more_data: Tuple[str, ...] = field(default=())  # `.npz` files made by `prepare`
    leave_out: Tuple[str, ...] = field(default=())  # sources of `data.SOURCE_WEIGHTS`
    poses: Poses = Poses()
    detectors: Detectors = Detectors()
    depth: DepthCameras = DepthCameras()

    def network_size(self) -> Size:
        return SIZES[self.size]

    def sources(self) -> Sources:
        return Sources(more=tuple(Path(p) for p in self.more_data), leave_out=self.leave_out)

    def world(self, stage: Stage) -> World:
        """What is drawn for a stage."""
        return World(stage.poses or self.poses, self.detectors, self.depth)

    def stage_named(self, name: str) -> int:
        """Its place among the stages."""
        names = [stage.name for stage in self.stages]
        if name not in names:
            raise RecipeError(f"there is no stage {name!r}; the recipe has {', '.join(names)}")
        return names.index(name)

    def as_dict(self) -> Dict[str, Any]:
        return asdict(self)


class RecipeError(ValueError):
    """A recipe that cannot be followed; the message names the field and what is expected."""


def _known(kind: type, values: Dict[str, Any], where: str) -> Dict[str, Any]:
    names = [f.name for f in fields(kind)]
    for name in values:
        if name not in names:
            raise RecipeError(f"{where}: {name!r} is unknown; known are {', '.join(names)}")
    return values


def _stage(values: Dict[str, Any], where: str) -> Stage:
    values = dict(_known(Stage, values, where))
    if values.get("poses") is not None:
        values["poses"] = Poses(**_known(Poses, values["poses"], f"{where}, poses"))
    return Stage(**values)


def parse(values: Dict[str, Any], where: str) -> Recipe:
    if not isinstance(values, dict) or not values.get("stages"):
        raise RecipeError(f"{where}: expected a mapping with a list of stages")
    values = dict(_known(Recipe, values, where))
    try:
        values["stages"] = tuple(_stage(stage, f"{where}, stage {n}") for n, stage in enumerate(values["stages"]))
        for name, kind in PARTS.items():
            values[name] = kind(**_known(kind, values.get(name) or {}, f"{where}, {name}"))
        for name in ("more_data", "leave_out"):
            values[name] = tuple(values.get(name) or ())
        recipe = Recipe(**values)
        recipe.sources()
    except (TypeError, ValueError) as missing:
        if isinstance(missing, RecipeError):
            raise
        raise RecipeError(f"{where}: {missing}") from None
    for name, allowed in (("size", tuple(SIZES)), ("variant", (*VARIANTS, *RIVALS)), ("precision", PRECISIONS)):
        if getattr(recipe, name) not in allowed:
            raise RecipeError(f"{where}: {name} is {getattr(recipe, name)!r}, expected one of {', '.join(allowed)}")
    for stage in recipe.stages:
        if not 1 <= stage.frames <= recipe.memory.frames + 1:
            raise RecipeError(f"{where}, stage {stage.name}: {stage.frames} frames, "
                              f"expected 1 to {recipe.memory.frames + 1}, what the memory holds and the newest")
        if min(stage.steps, stage.batch) < 1:
            raise RecipeError(f"{where}, stage {stage.name}: steps and batch must be 1 or more")
        if stage.lone < 0:
            raise RecipeError(f"{where}, stage {stage.name}: lone is {stage.lone}, expected 0 or more")
    return recipe


def read(name_or_path: str) -> Recipe:
    """A recipe by the name of its file in `configs/`, or by its path."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = CONFIGS / f"{name_or_path}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in CONFIGS.glob("*.yaml")))
        raise RecipeError(f"there is no recipe {path}; known are {known}")
    return parse(yaml.safe_load(path.read_text()), str(path))


def smoke(recipe: Recipe) -> Recipe:
    """The same recipe in seconds: shows that everything fits together, teaches nothing."""
    return replace(recipe, stages=tuple(replace(s, steps=6, batch=8, lone=min(s.lone, 8), warmup=2) for s in recipe.stages))


def with_seed(recipe: Recipe, seed: Optional[int]) -> Recipe:
    return recipe if seed is None else replace(recipe, seed=seed)
