"""Optimizers compared on anybody's model: one call from a torch.nn.Module to a labelled result.

Importing this package loads nothing.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from egop.experiments.experiment import OnProgress
from egop.extras import needed

if TYPE_CHECKING:
    import xarray as xr


def compare(
    model: Any,
    loss: Any,
    loaders: Any,
    optimizers: Mapping[str, Any],
    rates: Any = "search",
    *,
    trials: int = 5,
    epochs: int = 20,
    initialize: Any = None,
    schedule: Any = "constant",
    controls: bool = True,
    seed: int = 0,
    r_med_epochs: int = 0,
    on_progress: OnProgress | None = None,
) -> "xr.Dataset":
    """The losses of a model trained by several optimizers, in original and in EGOP coordinates.

        kronecker = {"structure": "kronecker", "n_samples": 200}
        result = egop.compare(
            model,
            nn.CrossEntropyLoss(),
            {"train": training_loader, "validation": validation_loader},
            {"adam": torch.optim.Adam, "egop adam": (torch.optim.Adam, kronecker)},
            initialize=egop.networks.pytorch_default(),
        )
        egop.lab.open(result)

    Every run of a trial begins at the same weights and sees the same minibatches in the same order;
    another trial has another order, and with `initialize` other weights. Steps are taken in the
    mode that the model is in, losses are measured with `model.eval()`, over the whole of each
    loader. A run that diverges is NaN from there on, and marked in `status`. The model is left as
    it was, also when the call is interrupted.

    Entries of the same class with the same hyperparameters are one optimizer in several bases:

        dims    (optimizer, basis, learning_rate, trial, epoch), epoch 0 the start
        coords  optimizer, such as "adam", or the entry's label where that would name two;
                basis: "original", "egop" (dense bases), "inputs" (structure "data", of each layer)
                or the structure, or the entry's label where that would name two;
                label (optimizer, basis), the entries; step (epoch)
        training_loss       and, of the loaders that are given, validation_loss and test_loss
        validation_accuracy, test_accuracy     where the loss is one of classes of `torch.nn`
        seconds             of the steps of each epoch, measuring left out
        status              (optimizer, basis, learning_rate, trial) "not run", "finished" or
                            "diverged"
        diverged_at         likewise, the step; −1 for never
        best_rate           (optimizer, basis) of the smallest median of final validation losses
                            (training losses without a validation loader)
        chosen_rate         (optimizer) the best in original coordinates
        basis_gradients     (optimizer, basis, trial) gradients that the basis was estimated from
        basis_seconds       likewise, the time that it took
        r_med               (optimizer, basis, learning_rate, trial, measured_epoch, layer) of each
                            weight matrix and of "all" parameters, exact, in the run's coordinates,
                            where it is asked for; NaN of layers that a basis mixes

    Args:
        model: any `torch.nn.Module`, on the device where it is to be trained.
        loss: `loss(model, batch)`, the mean over a batch; or a loss of outputs and targets, such
            as `nn.CrossEntropyLoss()`, for batches (inputs, targets).
        loaders: what the model is trained with, a DataLoader or a list of batches; or a dict of
            those with the keys "train", "validation" and "test". Batches are brought to the model's
            device.
        optimizers: by label a class such as `torch.optim.Adam`; (class, bases) to train in a basis;
            or (class, bases, hyperparameters), with None for original coordinates. Bases are
            `BlockBases` for all trials; arguments of `egop.networks.estimate_block_bases` by which
            they are estimated anew for each trial, around its start or from `initialize`, with
            n_samples but for the structure "random"; or a function `bases(model, trial)` of the
            model at a trial's start.
        rates: "search": the powers of ten from 1e-3 to 100, then 1, 2, 4, 8 × 10^k around the best
            of them; numbers for all; or either by label.
        trials: how many.
        epochs: how many.
        initialize: as `estimate_block_bases` takes it; None: all trials begin at the model's
            weights.
        schedule: "constant"; "cosine": the rate's factor ½(1 + cos(π epoch/epochs)); or a function
            that makes a scheduler of an optimizer, such as `lambda each: StepLR(each, 5)`, stepped
            after each epoch.
        controls: whether optimizers that have an EGOP basis are also run in a random basis, and in
            that of the inputs of each layer where the blocks are linear or convolutional layers.
            Controls have the blocks of the EGOP basis; a random one of a block that is no matrix,
            such as all parameters together, has at most 8,192 entries, and is left out beyond.
        seed: of everything that is random.
        r_med_epochs: at how many epochs R_med is measured over the training set, the start among
            them; each takes as many products with the Hessian as the model has parameters, at most
            4,096. 0: not at all.
        on_progress: such as `lambda share, words: print(f"{share:.0%} {words}")`.

    Raises:
        ValueError: entries, loaders, bases, rates or sizes that cannot be; the sentence says which.
        TypeError: no model, loss or loaders of these kinds.
        ImportError: the packages of `egop[networks]` are not installed.
    """
    with needed("egop.compare", extra="networks"):
        import xarray  # noqa: F401  # found missing now, not when the result is assembled

        from egop.experiments.comparison.comparison import OptimizerComparison
    return OptimizerComparison(
        model,
        loss,
        loaders,
        optimizers,
        rates=rates,
        trials=trials,
        epochs=epochs,
        initialize=initialize,
        schedule=schedule,
        controls=controls,
        seed=seed,
        r_med_epochs=r_med_epochs,
        on_progress=on_progress,
    ).result()
