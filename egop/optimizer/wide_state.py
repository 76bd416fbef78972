"""State in float32 of parameters that are narrower, which PyTorch narrows when it loads it."""

from itertools import chain
from typing import Any

import torch
from torch.optim import Optimizer


def wide(dtype: torch.dtype) -> torch.dtype:
    """Float32 in place of what is narrower."""
    return dtype if dtype.itemsize >= torch.float32.itemsize else torch.float32


def restore_wide(optimizer: Optimizer, state_dict: dict[str, Any]) -> None:
    """Gives narrow parameters of an optimizer the state as it is in what was loaded."""
    keys = chain.from_iterable(group["params"] for group in state_dict["param_groups"])
    params = chain.from_iterable(group["params"] for group in optimizer.param_groups)
    for key, p in zip(keys, params, strict=True):
        if wide(p.dtype) != p.dtype:
            for name, value in state_dict["state"].get(key, {}).items():
                if name != "step":
                    optimizer.state[p][name] = value.to(p.device, copy=True)
