"""Groups of named parameters as they are given, and the parameters that each basis rotates."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor
from torch.nn.parameter import UninitializedParameter

from egop.networks.bases import BlockBases
from egop.networks.block_basis import BlockBasis

Group = dict[str, Any]
"""Hyperparameters of a group, its "params" and their "param_names", as PyTorch has them."""

WRAPPERS = {"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
"""Parts of a parameter's name that DDP, SWA, torch.compile, FSDP and checkpointing put in."""

TAKEN = "EGOPOptimizer takes model.named_parameters(), or a list of groups of these"


def read_groups(named_parameters: Any) -> list[Group]:
    """The groups of `named_parameters`, each with "params" and "param_names".

    Raises:
        TypeError: it is something else, such as parameters without names.
        ValueError: there are none, one is given twice, is complex or has no numbers yet.
    """
    if isinstance(named_parameters, Mapping | str | Tensor) or not isinstance(
        named_parameters, Iterable
    ):
        raise TypeError(f"{TAKEN}, got {type(named_parameters).__name__}")
    given = list(named_parameters)
    if not given:
        raise ValueError(f"{TAKEN}, got none; a generator can be gone through only once")
    groups = [read_group(g) for g in (given if isinstance(given[0], dict) else [{"params": given}])]
    check_distinct(groups)
    return groups


def read_group(group: Any) -> Group:
    """A group with its "params" and "param_names" apart, from one whose params are named."""
    if not isinstance(group, dict) or "params" not in group:
        raise TypeError(f"{TAKEN}, got {type(group).__name__} in place of a group with 'params'")
    if "param_names" in group:
        pairs = list(zip(group["param_names"], group["params"], strict=True))
    else:
        params = group["params"]
        pairs = [params] if isinstance(params, Tensor) else list(params)
    for pair in pairs:
        _check_pair(pair)
    names = [name for name, _ in pairs]
    return {**group, "params": [p for _, p in pairs], "param_names": names}


def check_distinct(groups: Iterable[Group]) -> None:
    """ValueError if a name or a parameter stands in the groups twice."""
    by_name: dict[str, Tensor] = {}
    by_parameter: dict[Tensor, str] = {}
    for name, p in members(groups):
        if name in by_name:
            raise ValueError(f"EGOPOptimizer takes each parameter once, got two named {name}")
        if p in by_parameter:
            raise ValueError(
                f"EGOPOptimizer takes each parameter once, got {by_parameter[p]} and {name}, which "
                "are the same; named_parameters() lists tied weights once"
            )
        by_name[name], by_parameter[p] = p, name


def check_kept(groups: Sequence[Group], n_groups: int, rotated: Mapping[str, Tensor]) -> None:
    """ValueError unless there are so many groups, and these hold all rotated parameters."""
    if len(groups) != n_groups:
        raise ValueError(
            f"EGOPOptimizer takes the groups that it was made with and those of add_param_group, "
            f"got {len(groups)} in place of {n_groups}; make another optimizer where groups go"
        )
    held = {p for group in groups for p in group["params"]}
    for name, p in rotated.items():
        if p not in held:
            raise ValueError(
                f"EGOPOptimizer takes groups that keep the parameters that it rotates, got groups "
                f"without {name}; freeze what is to stay, or make another optimizer"
            )


def members(groups: Iterable[Group]) -> list[tuple[str, Tensor]]:
    """Names and parameters of all groups, in order."""
    return [pair for g in groups for pair in zip(g["param_names"], g["params"], strict=True)]


def matched(
    bases: BlockBases, groups: Sequence[Group]
) -> list[tuple[BlockBasis, tuple[str, ...], tuple[Tensor, ...]]]:
    """Each basis with the names and parameters that it rotates, found by their names.

    Raises:
        TypeError: the bases are no `BlockBases`.
        ValueError: they belong to another model, or a block reaches over several groups.
    """
    if not isinstance(bases, BlockBases):
        raise TypeError(
            f"EGOPOptimizer takes the bases that estimate_block_bases returns, got "
            f"{type(bases).__name__}"
        )
    known = members(groups)
    comparable = _comparable([name for name, _ in known])
    by_name = {comparable(name): (name, p) for name, p in known}
    group_of = {name: k for k, group in enumerate(groups) for name in group["param_names"]}
    found = []
    for basis in bases:
        tensors = _tensors_of(bases, basis)
        if not tensors:  # a parameter without entries
            continue
        for tensor in tensors:
            if comparable(tensor.name) not in by_name:
                raise ValueError(
                    f"EGOPOptimizer takes bases of the parameters that it is given, got one of "
                    f"{tensor.name}, which is not among them; give all of "
                    "model.named_parameters(), or bases.only(…) of some names, or estimate the "
                    "bases of this model"
                )
        pairs = [by_name[comparable(tensor.name)] for tensor in tensors]
        _check_shapes(tensors, pairs)
        names = tuple(name for name, _ in pairs)
        if len({group_of[name] for name in names}) > 1:
            raise ValueError(
                f"EGOPOptimizer takes all parameters of a block in one group, got those of "
                f"{basis.block.name} in several; estimate a basis for each weight matrix "
                "(blocks='matrices')"
            )
        found.append((basis, names, tuple(p for _, p in pairs)))
    return found


def _tensors_of(bases: BlockBases, basis: BlockBasis) -> list[Any]:
    """The tensors of the flat vector that a basis rotates."""
    start, stop = basis.block.start, basis.block.stop
    tensors = [t for t in bases.layout if start <= t.start and t.stop <= stop and t.start < t.stop]
    if sum(t.stop - t.start for t in tensors) != stop - start:
        raise ValueError(
            "EGOPOptimizer takes blocks of whole parameters, got "
            f"{basis.block.name}, which cuts one"
        )
    return tensors


def _check_shapes(tensors: Sequence[Any], pairs: Sequence[tuple[str, Tensor]]) -> None:
    """ValueError unless parameters have the shapes of the tensors that a basis rotates."""
    for tensor, (name, p) in zip(tensors, pairs, strict=True):
        if tuple(p.shape) != tensor.shape:
            raise ValueError(
                f"EGOPOptimizer takes bases of the model that it steps, got one of {name} "
                f"with shape {tensor.shape}, which has shape {tuple(p.shape)} here; estimate "
                "the bases of this model"
            )


def _comparable(names: list[str]) -> Any:
    """A function that leaves wrappers out of a name, unless parameters differ in them alone."""

    def bare(name: str) -> str:
        return ".".join(part for part in name.split(".") if part not in WRAPPERS)

    return bare if len({bare(name) for name in names}) == len(names) else str


def _check_pair(pair: Any) -> None:
    if isinstance(pair, Tensor):
        raise TypeError(f"{TAKEN}, got parameters without names")
    if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], Tensor)):
        raise TypeError(f"{TAKEN}, got {type(pair).__name__} in place of a name and a parameter")
    name, p = pair
    if isinstance(p, UninitializedParameter):
        raise ValueError(
            f"EGOPOptimizer takes parameters that have their numbers, got {name} of a lazy layer; "
            "call the model once first"
        )
    if p.is_meta:
        raise ValueError(
            f"EGOPOptimizer takes parameters that have their numbers, got {name} on the meta "
            "device; give the model memory and its weights first"
        )
    if not p.is_floating_point():
        raise ValueError(f"EGOPOptimizer takes real parameters, got {name} of {p.dtype}")
