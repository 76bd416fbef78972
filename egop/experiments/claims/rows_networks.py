"""Claims about networks: figures 1 right, 3, 4, 9, 10, 11 and 13."""

from egop.experiments.claims import measures_of_bases as bases
from egop.experiments.claims.claim import Claim
from egop.experiments.claims.measures import accuracy, beats_descent, gain, no_gain
from egop.experiments.claims.measures_of_rates import (
    gains_at_every_rate,
    gains_more_at_large_rates,
)
from egop.experiments.claims.measures_of_rivals import accuracy_not_lower, best_of_all

TRAINED = (
    ("1 right", "digits", "Digits"),
    ("3", "linear", "Linear network"),
    ("4", "fashion", "Fashion"),
)
"""The figure that shows training, its experiment, and its name in a sentence."""
BY_RATE = {"1 right": "10a", "3": "3b", "4": "11a"}
"""By the figure of training, that of its losses by rate."""

GAINS = tuple(
    claim
    for figure, experiment, name in TRAINED
    for claim in (
        Claim(
            figure, experiment, f"{name}: Adam trains to a lower loss when rotated", gain("adam")
        ),
        Claim(
            figure,
            experiment,
            f"{name}: Adagrad trains to a lower loss when rotated",
            gain("adagrad"),
        ),
        Claim(
            figure,
            experiment,
            f"{name}: SGD and SGD with momentum train alike in both bases",
            no_gain,
        ),
        Claim(
            BY_RATE[figure],
            experiment,
            f"{name}: Adam and Adagrad gain at every learning rate",
            gains_at_every_rate,
        ),
        Claim(
            BY_RATE[figure],
            experiment,
            f"{name}: they gain more at large learning rates",
            gains_more_at_large_rates,
        ),
    )
)

DESCENT = tuple(
    Claim("3", "linear", f"Linear network: {text}", beats_descent(f"{kind}_loss", basis, basis))
    for kind, basis, text in (
        (
            "training",
            "egop",
            "rotated, Adam and Adagrad train to a lower loss than SGD, with and without momentum",
        ),
        ("training", "original", "in original coordinates as well"),
        (
            "validation",
            "egop",
            "rotated, Adam and Adagrad have a lower validation loss than SGD, with and without "
            "momentum",
        ),
        ("validation", "original", "in original coordinates a lower validation loss as well"),
    )
)

ROWS = (
    *GAINS,
    *DESCENT,
    Claim(
        "1 right",
        "digits",
        "Digits: rotated Adam trains to the lowest loss of all methods in both bases",
        best_of_all("adam", "egop"),
    ),
    Claim(
        "4",
        "fashion",
        "Fashion: rotated Adam trains to the lowest loss of all methods in both bases",
        best_of_all("adam", "egop"),
    ),
    Claim(
        "10",
        "digits",
        "Digits: all methods reach 95–96 % validation accuracy in both bases",
        accuracy(95, 96),
    ),
    Claim(
        "10b",
        "digits",
        "Digits: the test accuracy of Adam and Adagrad is not lower when rotated",
        accuracy_not_lower("test_accuracy"),
    ),
    Claim(
        "11b",
        "fashion",
        "Fashion: all methods reach 93–94 % validation accuracy in both bases",
        accuracy(93, 94),
    ),
    Claim(
        "11b",
        "fashion",
        "Fashion: the validation accuracy of Adam and Adagrad is not lower when rotated",
        accuracy_not_lower("validation_accuracy"),
    ),
    Claim(
        "9",
        "linear_blocks",
        "Adam gains about as much from block EGOP as from global EGOP",
        bases.gets_most("adam", "block", "global"),
    ),
    Claim(
        "9",
        "linear_blocks",
        "Adagrad gains about as much from block EGOP as from global EGOP",
        bases.gets_most("adagrad", "block", "global"),
    ),
    Claim(
        "9",
        "linear_blocks",
        "Adagrad gains about as much from the first layer alone as from all blocks",
        bases.gets_most("adagrad", "first", "block"),
    ),
    Claim(
        "9",
        "linear_blocks",
        "Adam gains only marginally from the first layer alone",
        bases.gets_little("adam", "first", "block"),
    ),
    Claim(
        "13",
        "schedule",
        "The rate falls from 1 to 0 along half a cosine",
        bases.torch_schedule,
    ),
)
"""In no order."""
