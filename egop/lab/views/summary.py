"""Contents of the figures, in words and as a table of numbers."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from egop import theme
from egop.analysis.basis_costs import cost_words, costs_sentence, median_costs
from egop.experiments.claims.evidence import compared
from egop.experiments.trial_numbers import part_of
from egop.figures.common_epoch import begun, common_epoch, reached_words
from egop.figures.labeled_result import LabeledResult
from egop.figures.run_statistics import RunStatistics
from egop.figures.series import Series, SeriesKey, basis_label
from egop.figures.spectrum_series import Spectrum
from egop.lab.views.best_rates import MOST_BASES, best_rates_words, held_out, told
from egop.lab.views.html import html_table
from egop.lab.views.scales import METRICS, Metric
from egop.sentences import listed
from egop.theme import number
from egop.trials import DIVERGED


def headline(runs: Sequence[LabeledResult]) -> str:
    """The names of the runs, and how far those are that are not finished."""
    if not runs:
        return '<p role="status">Choose a run to watch it, or start one.</p>'
    names = listed([run.label for run in runs])
    said = [progress_words(run, len(runs) > 1) for run in runs if not run.finished]
    parts = [f"<p>{escape(each)}</p>" for each in said]
    return f"<h2>{escape(names)}</h2>{''.join(parts)}{notes(runs)}"


def notes(runs: Sequence[LabeledResult]) -> str:
    """Notes on data and costs of the runs, and on trials of a part of a sweep.

    The costs of many bases are told by the table of numbers alone.
    """
    few = [run.dataset for run in runs if run.dataset.sizes.get("basis", 0) <= 1 + MOST_BASES]
    found = {str(run.dataset.attrs.get("data_note", "")) for run in runs} - {""}
    costs = {costs_sentence(dataset) for dataset in few} - {""}
    parts = {run.label: part_of(run.dataset) for run in runs if "trial" in run.dataset.dims}
    held = [
        f"{label} is a part of a sweep: {numbers}." for label, numbers in parts.items() if numbers
    ]
    return "".join(
        f'<p class="more">{escape(note)}</p>' for note in [*sorted(found), *sorted(costs), *held]
    )


def progress_words(run: LabeledResult, named: bool) -> str:
    """Such as "43 %: 24 runs of 5 trials"."""
    words = str(run.dataset.attrs.get("words", ""))
    text = f"{100 * run.share:.0f} % done" + (f": {words}" if words else "")
    return f"{run.label}, {text}" if named else text


def sentences(
    runs: Sequence[LabeledResult],
    statistics: Sequence[RunStatistics],
    training: Sequence[Series],
    measured: Sequence[Series],
    measure: str,
) -> list[tuple[str, str]]:
    """Sentences for each run and method, with the method they are about.

    Bases are compared at the last epoch that is known in all of them; what is told of data that
    nothing was trained on is of the same runs, and then of each basis at its own best rate.

    Args:
        runs: that are watched.
        statistics: of those with curves.
        training: the training loss of each method in each basis.
        measured: the measure beside it, likewise.
        measure: the name of that.
    """
    found = []
    for each in statistics:
        own = [line for line in training if line.key.run == each.place]
        beside = {measure: {line.key: line for line in measured}}
        if (name := held_out(each)) and name != measure:
            keys = {line.key for line in own}
            rates = dict.fromkeys(repr(key.rate) for key in keys)
            lines = [line for rate in rates for line in each.by_epoch(name, rate)]
            beside[name] = {line.key: line for line in lines if line.key in keys}
        beside.pop("training_loss", None)
        alone = "; no other basis to compare with" if len({x.key.basis for x in own}) == 1 else ""
        label = f"{runs[each.place].label}. " if len(runs) > 1 else ""
        for method in dict.fromkeys(line.key.method for line in own):
            lines = [
                line
                for line in own
                if line.key.method == method and (line.last_place > 0 or line.key.lost)
            ]
            if lines:
                lines = sorted(lines, key=lambda line: line.key.basis != "original")
                words = _compared_words(method, lines)
                at = min((x.last_place for x in lines if not x.key.lost), default=0)
                for name, known in beside.items():
                    same = [known[x.key] for x in lines if x.key in known]
                    some = told(same, METRICS[name], at)
                    words += f"; {some}" if some else ""
                best = best_rates_words(each, method, lines)
                found.append((method, f"{label}{words}{alone}.{best}"))
    return found


def _compared_words(method: str, lines: Sequence[Series]) -> str:
    """The training loss of a method in each basis; original coordinates come first."""
    known = [line for line in lines if not line.key.lost]
    lost = [diverged_words(line.key) for line in lines if line.key.lost]
    name = f"{theme.label(method)}{_rate_words(lines)}"
    if not known:
        return f"{name}: {', '.join(lost)}"
    at = min(line.last_place for line in known)
    first, *rest = known
    words = [f"training loss {number(first.median[at])} in {basis_label(first.key.basis)}"]
    others = [_compared(line, first, at) for line in rest]
    if len(rest) > MOST_BASES:
        ordered = sorted(zip([line.median[at] for line in rest[1:]], others[1:], strict=True))
        ends = f"from {ordered[0][1]} to {ordered[-1][1]}"
        others = [others[0], f"in the {len(ordered)} other bases {ends}"]
    epochs = theme.count_words(int(first.x[at]), "epoch")
    return f"{name}, after {epochs}: {', '.join(words + others + lost)}"


def _compared(line: Series, first: Series, at: int) -> str:
    """Such as "0.01 in EGOP coordinates (2 times lower)"."""
    how = compared(first.median[at], line.median[at]) if line.median[at] > 0 else "lower"
    return f"{number(line.median[at])} in {basis_label(line.key.basis)} ({how})"


def diverged_words(key: SeriesKey) -> str:
    """Such as "3 of 5 trials diverged in EGOP coordinates"."""
    n = key.counted + key.diverged
    gone = theme.count_words(n, "trial")
    return f"{key.diverged} of {gone} diverged in {basis_label(key.basis)}"


def without_rate(
    runs: Sequence[LabeledResult], statistics: Sequence[RunStatistics], training: Sequence[Series]
) -> list[tuple[str, str]]:
    """A sentence for each run and method that has no rate to compare bases at.

    Args:
        runs: that are watched.
        statistics: of those with curves.
        training: as in `sentences`; methods that have lines are left out.
    """
    drawn = {(line.key.run, line.key.method) for line in training}
    found = []
    for each in statistics:
        name = f"{runs[each.place].label}. " if len(runs) > 1 else ""
        for place, method in enumerate(each.methods):
            lost = np.isnan(each.chosen_rates[place]) and DIVERGED in each.status[place]
            if lost and (each.place, method) not in drawn:
                text = f"{theme.label(method)}: at every rate half of the trials or more diverged."
                found.append((method, name + text))
    return found


def _rate_words(lines: Sequence[Series]) -> str:
    rates = list(dict.fromkeys(number(line.key.rate) for line in lines))
    return f" at rate {rates[0]}" if len(rates) == 1 else f" at rates {', '.join(rates)}"


def sentences_html(found: Sequence[tuple[str, str]], statistics: Sequence[RunStatistics]) -> str:
    """The sentences, each behind the color of its method in the figures."""
    looks = {name: look for each in statistics for name, look in each.looks.items()}
    rows = "".join(
        f'<li><i style="background:{looks[method].color}"></i>{escape(text)}</li>'
        for method, text in found
    )
    return f"<ul>{rows}</ul>" if rows else ""


def spectra_words(found: Sequence[Spectrum], runs: Sequence[LabeledResult]) -> str:
    """The decay of the spectra: stable ranks beside the dimension."""
    known: dict[int, list[str]] = {}
    for each in found:
        if math.isfinite(each.stable_rank):
            words = f"{each.name} {number(each.stable_rank, 3)} of {each.dim:,}"
            known.setdefault(each.run, []).append(words)
    if not known:
        return ""
    parts = [
        f"{runs[run].label}: {', '.join(words)}" if len(known) > 1 else "; ".join(words)
        for run, words in known.items()
    ]
    return f"Stable rank of d: {'; '.join(parts)}; {found[0].trials_words}."


def numbers_table(
    runs: Sequence[LabeledResult],
    training: Sequence[Series],
    measured: Sequence[Series],
    metric: Metric,
) -> str:
    """Medians at the last epoch that all curves have reached, as an HTML table.

    Runs that have not begun are left out.

    Args:
        runs: that are watched.
        training: as in `sentences`.
        measured: likewise.
        metric: beside the training loss.
    """
    several, beside = len(runs) > 1, metric is not METRICS["training_loss"]
    names = ["Run"] * several + ["Method", "Basis", "Rate", "Training loss"]
    costs = [median_costs(run.dataset) for run in runs]
    priced = any(each is not None for each in costs)
    names += [metric.title] * beside + ["Cost of the basis"] * priced + ["Trials"]
    others = {line.key: line for line in measured}
    rows, lines = [], begun(training)
    epoch = common_epoch(lines)
    for line in lines:
        key = line.key
        cells = [f"<td>{escape(runs[key.run].label)}</td>"] * several
        swatch = f'<i style="background:{key.color}"></i>'
        cells += [
            f"<td>{swatch}{escape(theme.label(key.method))}</td>",
            f"<td>{escape(basis_label(key.basis))}</td>",
            f'<td class="number">{number(key.rate)}</td>',
            f'<td class="number">{_written(line, METRICS["training_loss"], epoch)}</td>',
        ]
        if beside:
            cells.append(f'<td class="number">{_written(others.get(key), metric, epoch)}</td>')
        if priced:
            cost = costs[key.run]
            words = "" if cost is None else cost_words(*cost[key.index[:2]])
            cells.append(f'<td class="number">{words or "–"}</td>')
        cells.append(f"<td>{key.trials_words}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    one = all(line.key.counted + line.key.diverged <= 1 for line in lines)
    goes_on = any(line.x[-1] > epoch for line in training)
    at = reached_words(epoch) if goes_on else f"At epoch {epoch:g}"
    title = f"{at}: {'one trial' if one else 'median (middle half)'}"
    return html_table(title, names, rows) if rows else ""


def _written(line: Series | None, metric: Metric, epoch: float) -> str:
    """The median at an epoch and, of several trials, the quartiles; "–" where it is not known."""
    at = -1 if line is None else int(np.searchsorted(line.x, epoch))
    if line is None or not 0 <= at < len(line.x) or not math.isfinite(line.median[at]):
        return "–"
    middle, low, high = (metric.write(each[at]) for each in line[2:])
    several = line.key.counted + line.key.diverged > 1
    return f"{middle} ({low} – {high})" if several else middle
