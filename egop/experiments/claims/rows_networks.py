"""Claims about networks: figures 1 right, 3, 4, 9, 10, 11 and 13."""

from egop.experiments.claims import measures_of_bases as bases
from egop.experiments.claims.claim import Claim, claims
from egop.experiments.claims.measures import accuracy, beats_descent, gain, no_gain
from egop.experiments.claims.measures_of_rates import (
    gains_at_every_rate,
    gains_more_at_large_rates,
)
from egop.experiments.claims.measures_of_rivals import accuracy_not_lower, best_of_all

LOWEST = "rotated Adam trains to the lowest loss of all methods in both bases"
DESCENT = "than SGD, with and without momentum"

DIGITS = {
    "Digits: all methods reach 95–96 % validation accuracy in both bases": accuracy(95, 96),
}
DIGITS_TESTED = {
    "Digits: the test accuracy of Adam and Adagrad is not lower when rotated": (
        accuracy_not_lower("test_accuracy")
    ),
}
LINEAR = {
    f"rotated, Adam and Adagrad train to a lower loss {DESCENT}": beats_descent(
        "training_loss", "egop"
    ),
    "in original coordinates as well": beats_descent("training_loss", "original"),
    f"rotated, Adam and Adagrad have a lower validation loss {DESCENT}": beats_descent(
        "validation_loss", "egop"
    ),
    "in original coordinates a lower validation loss as well": beats_descent(
        "validation_loss", "original"
    ),
}
LINEAR_BLOCKS = {
    "Adam gains about as much from block EGOP as from global EGOP": (
        bases.gets_most("adam", "block", "global")
    ),
    "Adagrad gains about as much from block EGOP as from global EGOP": (
        bases.gets_most("adagrad", "block", "global")
    ),
    "Adagrad gains about as much from the first layer alone as from all blocks": (
        bases.gets_most("adagrad", "first", "block")
    ),
    "Adam gains only marginally from the first layer alone": (
        bases.gets_little("adam", "first", "block")
    ),
}
FASHION = {
    "Fashion: all methods reach 93–94 % validation accuracy in both bases": accuracy(93, 94),
    "Fashion: the validation accuracy of Adam and Adagrad is not lower when rotated": (
        accuracy_not_lower("validation_accuracy")
    ),
}


def gains(experiment: str, name: str, trained: str, by_rate: str) -> tuple[Claim, ...]:
    """The claims about every network: in the figure of its training, and in that of its rates."""
    rows = {
        "Adam trains to a lower loss when rotated": gain("adam"),
        "Adagrad trains to a lower loss when rotated": gain("adagrad"),
        "SGD and SGD with momentum train alike in both bases": no_gain,
    }
    rates = {
        "Adam and Adagrad gain at every learning rate": gains_at_every_rate,
        "they gain more at large learning rates": gains_more_at_large_rates,
    }
    figures = {trained: rows, by_rate: rates}
    return tuple(
        Claim(figure, experiment, f"{name}: {text}", measure)
        for figure, some in figures.items()
        for text, measure in some.items()
    )


ROWS = (
    *gains("digits", "Digits", "1 right", "10a"),
    *gains("linear", "Linear network", "3", "3b"),
    *gains("fashion", "Fashion", "4", "11a"),
    *claims("linear", "3", {f"Linear network: {text}": row for text, row in LINEAR.items()}),
    *claims("digits", "1 right", {f"Digits: {LOWEST}": best_of_all("adam", "egop")}),
    *claims("fashion", "4", {f"Fashion: {LOWEST}": best_of_all("adam", "egop")}),
    *claims("digits", "10", DIGITS),
    *claims("digits", "10b", DIGITS_TESTED),
    *claims("fashion", "11b", FASHION),
    *claims("linear_blocks", "9", LINEAR_BLOCKS),
    Claim(
        "13",
        "schedule",
        "The rate falls from 1 to 0 along half a cosine",
        bases.torch_schedule,
    ),
)
"""The claims, in no order."""
