"""A torch.optim.Optimizer around another one, which it steps in EGOP coordinates."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from egop.networks.bases import BlockBases
from egop.optimizer.batched_products import BatchedProducts
from egop.optimizer.change_of_bases import check_choices, renewed
from egop.optimizer.checkpoint import split, with_coordinates, with_own_form
from egop.optimizer.full_precision import full_precision
from egop.optimizer.method_classes import check_coordinates
from egop.optimizer.named_groups import check_distinct, check_kept, matched, read_group, read_groups
from egop.optimizer.projected_block import block_of
from egop.optimizer.rotated_closure import rotated
from egop.optimizer.wrapped import OWN, WrappedOptimizer


class EGOPOptimizer(Optimizer):
    """Steps a model as another optimizer would step f(V z) in the coordinates z = Vᵀx.

    In a step, each rotated parameter's gradient g becomes Vᵀg, the base optimizer steps z, and the
    parameter becomes V z: the same as optimizing z ↦ f(V z), while the model keeps its parameters,
    with their names, checkpoints and hooks. What the base optimizer does to all coordinates alike,
    such as weight decay, is the same in both; clamps and clipping by value act on z.

    Parameters without a basis are stepped as the base optimizer steps them. A basis over several
    parameters takes missing gradients among them for 0. A basis that drops directions leaves the
    weights' part in them as it is; weight decay acts on the rest.

    A parameter that something else has changed, by `load_state_dict`, `nn.init`, clamping or a
    swap with averages, is taken as it is; call `read_weights` after writes through `.data`, which
    leave no trace, and after changes between replays of a CUDA graph.

    Args:
        base_class: a class of `torch.optim`, of another package or of one's own, what `from_method`
            makes of a method, or a function, that makes a `torch.optim.Optimizer` of groups of
            parameters and hyperparameters.
        named_parameters: `model.named_parameters()`, or groups
            `{"params": layer.named_parameters(), "lr": …}`.
        bases: what `estimate_block_bases` returns for the model; `bases.only("0.weight", …)`
            where several optimizers share its parameters.
        **hyperparameters: of the base optimizer.

    Attributes:
        param_groups: the base optimizer's hyperparameters, where schedulers and people change them.
        state: the state that the base optimizer keeps of each parameter, in rotated coordinates.
        blocks: the rotated parameters with their bases and coordinates.

    Raises:
        TypeError: no class, named parameters or bases of these kinds.
        ValueError: the bases belong to other parameters, or a parameter cannot be rotated.
    """

    @full_precision()
    def __init__(
        self, base_class: Any, named_parameters: Any, bases: BlockBases, **hyperparameters: Any
    ) -> None:
        groups = read_groups(named_parameters)
        graph = bool(hyperparameters.get("differentiable", False))
        self.blocks = [block_of(*found, graph) for found in matched(bases, groups)]
        self._products = BatchedProducts(self.blocks)
        self._wrapped = WrappedOptimizer(base_class, hyperparameters, groups, self._shadows())
        check_coordinates(self.base, self.blocks)
        own = [
            {**made, **{key: group[key] for key in OWN}}
            for made, group in zip(self.base.param_groups, groups, strict=True)
        ]
        super().__init__(own, self.base.defaults)
        self._take()

    @property
    def base(self) -> Optimizer:
        """The base optimizer."""
        return self._wrapped.optimizer

    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Steps all parameters once.

        Args:
            closure: evaluates the model anew and returns the loss, where the base optimizer takes
                one; it sees the weights that belong to the point that the base asks for.

        Raises:
            ValueError: a gradient cannot be rotated, or the base optimizer needs a closure.
        """
        if closure is None and self._wrapped.needs_closure:
            raise ValueError(
                f"{type(self.base).__name__} evaluates the loss several times in a step, got no "
                "closure; call optimizer.step(closure)"
            )
        for block in self.blocks:
            block.check()
            block.check_gradients()
        with torch.set_grad_enabled(self._has_graph):
            return self._step(closure)

    @torch.no_grad()
    @full_precision()
    def read_weights(self) -> None:
        """Takes all parameters as they are now, also where writes through `.data` left no trace."""
        for block in self.blocks:
            block.read()

    def train(self) -> None:
        """Brings back the weights to train with, where the base optimizer is schedule-free."""
        self._switch("train")

    def eval(self) -> None:
        """Brings the averaged weights to evaluate, where the base optimizer is schedule-free."""
        self._switch("eval")

    @torch.no_grad()
    @full_precision()
    def refresh(
        self, bases: BlockBases, moments: str = "rotate", second_moments: str = "diagonal"
    ) -> None:
        """Goes on in other bases; weights are left as they are.

        Args:
            bases: of the same model; parameters that have none here are no longer rotated.
            moments: what becomes of the state of rotated parameters. "rotate": first moments
                become W m with W = V_newᵀ V_old, exactly, also where blocks are cut otherwise, and
                second moments as below. Full-matrix AdaGrad's S becomes W S Wᵀ; what methods keep
                of the sides of a matrix, such as Shampoo's L and R, turns exactly between Kronecker
                bases. What an optimizer keeps is told by a table (`MOMENTS` in
                `egop/optimizer/moments.py`); where it does not tell all, or where what it tells
                cannot be turned, the state is forgotten with a warning. "reset": the state is
                forgotten.
                What couples the parameters of a group, such as AdaGrad-Norm, forgets that of all of
                them. "keep": it is left as it is, in the old coordinates, as the code of the
                paper's authors does, and forgotten where these have another shape.
            second_moments: "diagonal": v'_i = Σ_j W_ij² v_j, the diagonal of W diag(v) Wᵀ.
                "reset": the state of parameters with second moments is forgotten as a whole, since
                zeros beside a large count of steps would make the next steps too long.
        """
        check_choices(moments, second_moments)
        found = matched(bases, self.param_groups)
        self._lend()
        for block in self.blocks:
            block.follow()
        blocks = [block_of(*each, self._has_graph) for each in found]
        check_coordinates(self.base, blocks)
        forgotten = renewed(self.base, self.blocks, blocks, moments, second_moments)
        self.blocks[:] = blocks  # in place, for those who share them (Lightning)
        self._wrapped.connect(self._shadows())
        self._take()
        self._lend()
        self._wrapped.forget(forgotten)
        self._take()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds parameters, which `refresh` may rotate; the group's params are named, too."""
        if len(self.param_groups) < len(self.base.param_groups):  # torch's constructor adds them
            super().add_param_group(param_group)
            return
        group = read_group(param_group)
        check_distinct([*self.param_groups, group])
        self.base.add_param_group({key: group[key] for key in group.keys() - {"param_names"}})
        super().add_param_group({**self.base.param_groups[-1], **{key: group[key] for key in OWN}})

    @torch.no_grad()
    def state_dict(self) -> dict[str, Any]:
        """The state of the base optimizer, and the coordinates of each rotated parameter.

        A step after loading it is bit-identical to the step that would have come.
        """
        self._check_members()
        live = self.state
        self.state = with_coordinates(live, self.blocks)
        try:
            return with_own_form(super().state_dict(), self.base)
        finally:
            self.state = live

    @torch.no_grad()
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Loads what `state_dict` returned; the model may be loaded before or after.

        Raises:
            ValueError: it was made for other parameters, or with other bases.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            state_dict = hook(self, state_dict) or state_dict
        of_base, of_blocks = split(state_dict, self.param_groups, self.blocks)
        for block in self.blocks:
            block.place()
        self.base.load_state_dict(of_base)
        for block, saved in zip(self.blocks, of_blocks, strict=True):
            block.load(saved)
        self._take()
        for done in self._optimizer_load_state_dict_post_hooks.values():
            done(self)

    def _step(self, closure: Callable[[], Any] | None) -> Any:
        self._lend()
        with full_precision():
            for block in self.blocks:
                block.follow()
            stepped = self._products.rotate_gradients()  # also where a closure comes: SAM asks
        if closure is not None:
            stepped = [b for b in self.blocks if b.has_gradients or b.is_trained]
        resting = self._wrapped.at_rate_zero()
        before = {
            b: b.flat(b.shadows).clone()
            for b in (stepped if closure is not None or resting else [])
            if closure is not None or resting.issuperset(b.shadows)
        }
        try:
            loss = self._wrapped.step(closure and rotated(closure, self._products, stepped, before))
            with full_precision():
                self._products.write_weights(stepped, before)
        except BaseException:
            self.read_weights()  # the base optimizer may have moved coordinates before it failed
            raise
        finally:
            for block in self.blocks:
                block.forget_gradients()
        self._take()
        return loss

    @property
    def _has_graph(self) -> bool:
        """True if steps are differentiated."""
        return bool(self.defaults.get("differentiable", False))

    def __getstate__(self) -> dict[str, Any]:
        own = {"blocks": self.blocks, "_products": self._products, "_wrapped": self._wrapped}
        return super().__getstate__() | own

    def __repr__(self) -> str:
        return super().__repr__().replace("(", f"of {type(self.base).__name__} (", 1)

    def _shadows(self) -> dict[Tensor, Tensor]:
        """The shadow of each rotated parameter."""
        return {
            w: shadow
            for block in self.blocks
            for w, shadow in zip(block.weights, block.shadows, strict=True)
        }

    def _check_members(self) -> None:
        if self._wrapped.has_other_members(self.param_groups):
            rotated = {n: w for b in self.blocks for n, w in zip(b.names, b.weights, strict=True)}
            check_kept(self.param_groups, len(self.base.param_groups), rotated)

    def _lend(self) -> None:
        self._check_members()
        self._wrapped.lend(self.param_groups, self.state)

    def _take(self) -> None:
        self._wrapped.take(self.param_groups, self.state)

    @torch.no_grad()
    @full_precision()
    def _switch(self, name: str) -> None:
        method = getattr(self.base, name, None)
        if method is not None:
            self._lend()
            for block in self.blocks:
                block.follow()
            before = {block: block.flat(block.shadows).clone() for block in self.blocks}
            method()
            self._products.write_weights(self.blocks, before)
            self._take()
