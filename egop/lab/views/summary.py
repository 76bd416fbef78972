"""What the figures show, in words and as a table of numbers."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from egop import theme
from egop.experiments.claims.evidence import times
from egop.lab.views.curves import trials_words
from egop.lab.views.html import html_table
from egop.lab.views.labeled_result import LabeledResult
from egop.lab.views.run_statistics import RunStatistics
from egop.lab.views.scales import METRICS, Metric
from egop.lab.views.series_key import Line, SeriesKey, basis_label
from egop.lab.views.spectra import Spectrum, estimates_words
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
    """What is to be known of the data, such as that they are reduced."""
    found = {str(run.dataset.attrs.get("data_note", "")) for run in runs} - {""}
    return "".join(f'<p class="more">{escape(note)}</p>' for note in sorted(found))


def progress_words(run: LabeledResult, named: bool) -> str:
    """Such as "43 %: 24 runs of 5 trials, stage 1"."""
    words = str(run.dataset.attrs.get("words", ""))
    text = f"{100 * run.share:.0f} % done" + (f": {words}" if words else "")
    return f"{run.label}, {text}" if named else text


def sentences(
    runs: Sequence[LabeledResult],
    training: Sequence[Line],
    measured: Sequence[Line],
    metric: Metric,
) -> list[tuple[str, str]]:
    """A sentence for each run and method, with the method it is about.

    Bases are compared at the last epoch that is known in all of them.

    Args:
        runs: that are watched.
        training: the training loss of each kind of run.
        measured: the measure beside it, likewise.
        metric: that measure.
    """
    others = {line.kind: line for line in measured}
    found = []
    for run, method in dict.fromkeys((line.kind.run, line.kind.method) for line in training):
        lines = [
            line
            for line in training
            if (line.kind.run, line.kind.method) == (run, method)
            and (line.last_epoch > 0 or line.kind.lost)
        ]
        if lines:
            name = f"{runs[run].label}. " if len(runs) > 1 else ""
            beside = [others[line.kind] for line in lines if line.kind in others]
            if metric is METRICS["training_loss"]:
                beside = []
            bases = {line.kind.basis for line in training if line.kind.run == run}
            alone = "; no other basis to compare with" if len(bases) == 1 else ""
            text = _sentence(method, lines, beside, metric)
            found.append((method, f"{name}{text}{alone}."))
    return found


def _sentence(method: str, lines: Sequence[Line], beside: Sequence[Line], metric: Metric) -> str:
    lines = sorted(lines, key=lambda line: line.kind.basis != "original")
    known = [line for line in lines if not line.kind.lost]
    lost = [diverged_words(line.kind) for line in lines if line.kind.lost]
    name = f"{theme.label(method)}{_rate_words(lines)}"
    if not known:
        return f"{name}: {', '.join(lost)}"
    at = min(line.last_epoch for line in known)
    first, *rest = known
    words = [f"training loss {number(first.median[at])} in {basis_label(first.kind.basis)}"]
    for line in rest:
        how = times(first.median[at] / line.median[at]) if line.median[at] > 0 else "lower"
        words.append(f"{number(line.median[at])} in {basis_label(line.kind.basis)} ({how})")
    epochs = theme.count_words(int(first.epochs[at]), "epoch")
    text = f"{name}, after {epochs}: {', '.join(words + lost)}"
    beside = [line for line in beside if not line.kind.lost]
    if beside:
        arrow = " → ".join(metric.write(line.median[at]) for line in beside)
        text += f"; {metric.short} {arrow}"
    return text


def diverged_words(kind: SeriesKey) -> str:
    """Such as "3 of 5 trials diverged in EGOP coordinates"."""
    n = kind.counted + kind.diverged
    gone = theme.count_words(n, "trial")
    return f"{kind.diverged} of {gone} diverged in {basis_label(kind.basis)}"


def without_rate(
    runs: Sequence[LabeledResult], tables: Sequence[RunStatistics], training: Sequence[Line]
) -> list[tuple[str, str]]:
    """A sentence for each run and method that has no rate to compare bases at.

    Args:
        runs: that are watched.
        tables: of those with curves.
        training: as in `sentences`; methods that have lines are left out.
    """
    drawn = {(line.kind.run, line.kind.method) for line in training}
    found = []
    for table in tables:
        name = f"{runs[table.place].label}. " if len(runs) > 1 else ""
        for place, method in enumerate(table.methods):
            lost = np.isnan(table.chosen_rates[place]) and DIVERGED in table.status[place]
            if lost and (table.place, method) not in drawn:
                text = f"{theme.label(method)}: at every rate half of the trials or more diverged."
                found.append((method, name + text))
    return found


def _rate_words(lines: Sequence[Line]) -> str:
    rates = list(dict.fromkeys(number(line.kind.rate) for line in lines))
    return f" at rate {rates[0]}" if len(rates) == 1 else f" at rates {', '.join(rates)}"


def sentences_html(found: Sequence[tuple[str, str]]) -> str:
    """The sentences, each behind the color of its method."""
    rows = "".join(
        f'<li><i style="background:{theme.color(method)}"></i>{escape(text)}</li>'
        for method, text in found
    )
    return f"<ul>{rows}</ul>" if rows else ""


def spectra_words(found: Sequence[Spectrum], runs: Sequence[LabeledResult]) -> str:
    """How fast the spectra decay: stable ranks beside the dimension."""
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
    return f"Stable rank of d: {'; '.join(parts)}; {estimates_words(found[0].n_trials)}."


def numbers_table(
    runs: Sequence[LabeledResult],
    training: Sequence[Line],
    measured: Sequence[Line],
    metric: Metric,
) -> str:
    """Everything that the curves end with, as an HTML table; arguments as in `sentences`."""
    several, beside = len(runs) > 1, metric is not METRICS["training_loss"]
    names = ["Run"] * several + ["Method", "Basis", "Rate", "Training loss"]
    names += [metric.title] * beside + ["Trials"]
    others = {line.kind: line for line in measured}
    rows = []
    for line in training:
        kind = line.kind
        cells = [f"<td>{escape(runs[kind.run].label)}</td>"] * several
        swatch = f'<i style="background:{theme.color(kind.method)}"></i>'
        cells += [
            f"<td>{swatch}{escape(theme.label(kind.method))}</td>",
            f"<td>{escape(basis_label(kind.basis))}</td>",
            f'<td class="number">{number(kind.rate)}</td>',
            f'<td class="number">{_written(line, METRICS["training_loss"])}</td>',
        ]
        if beside:
            cells.append(f'<td class="number">{_written(others.get(kind), metric)}</td>')
        cells.append(f"<td>{trials_words(kind)}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return html_table("At the last epoch known: median (middle half)", names, rows)


def _written(line: Line | None, metric: Metric) -> str:
    if line is None or not math.isfinite(line.last):
        return "–"
    low, high = (metric.write(each[line.last_epoch]) for each in (line.low, line.high))
    return f"{metric.write(line.last)} ({low} – {high})"
