"""The words of a run whose tasks several workers carry out."""

import pytest

pytest.importorskip("distributed")

from egop.execution.driver import progress_words


def test_one_task_is_named_and_of_several_how_many_there_are():
    first, second = ({"words": f"EGOP of trial {k} of 5", "at": float(k)} for k in (1, 2))
    assert progress_words([]) == "begins"
    assert progress_words([first]) == "EGOP of trial 1 of 5"
    assert progress_words([second, first]) == "EGOP of trial 2 of 5, one of 2 tasks at once"
