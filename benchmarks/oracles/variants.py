"""Optimizers of pytorch-optimizer without what they do otherwise than ours."""

from importlib import import_module
from typing import Any
from unittest.mock import patch

import torch

from benchmarks.oracles.optimizers import library
from egop.methods.eigenbases import first_eigenbasis


def soap_from_our_basis() -> Any:
    """SOAP with our basis of the null space of the first L or R."""

    class FromOurBasis(library("SOAP")):
        @staticmethod
        def get_orthogonal_matrix(mat):
            """First bases."""
            return [first_eigenbasis(each) for each in mat]

    return FromOurBasis


def galore_from_step_0() -> Any:
    """GaLore that renews its directions at steps 0, T, 2T, and keeps their signs."""
    galore: Any = import_module("pytorch_optimizer.optimizer.galore")

    class Projector(galore.GaLoreProjector):
        def project(self, grad, num_steps, *arguments, **options):
            """The projection at a step, of which the first is number 0."""
            return super().project(grad, num_steps - 1, *arguments, **options)

        def get_orthogonal_matrix(self, weights, projection_type, **options):
            """New directions with the signs nearer to those in their places."""
            made: Any = super().get_orthogonal_matrix(weights, projection_type, **options)
            if self.ortho_matrix is None:
                return made
            axis = -1 if projection_type == "right" else 0
            products = (made * self.ortho_matrix).sum(axis, keepdim=True)
            return made * torch.where(products < 0, -1.0, 1.0)

    class FromStep0(library("GaLore")):
        def step(self, closure=None):
            """A step with the other projection."""
            with patch.object(galore, "GaLoreProjector", Projector):
                return super().step(closure)

    return FromStep0
