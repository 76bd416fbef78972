"""What the figures show, in words and as a table of numbers."""

import math
from collections.abc import Sequence
from html import escape

from egop import theme
from egop.experiments.evidence import times
from egop.lab.views.curves import trials_words
from egop.lab.views.medians import Line, basis_label
from egop.lab.views.scales import METRICS, Metric
from egop.lab.views.spectra import Spectrum, estimates_words
from egop.lab.views.texts import html_table
from egop.lab.views.watched import Watched
from egop.theme import number


def headline(runs: Sequence[Watched]) -> str:
    """The names of the runs, and how far those are that are not finished."""
    if not runs:
        return '<p role="status">Choose a run to watch it, or start one.</p>'
    names = " and ".join([", ".join(run.label for run in runs[:-1]), runs[-1].label]).removeprefix(
        " and "
    )
    said = [progress_words(run, len(runs) > 1) for run in runs if not run.finished]
    parts = [f'<p role="status">{escape(each)}</p>' for each in said]
    return f"<h2>{escape(names)}</h2>{''.join(parts)}{notes(runs)}"


def notes(runs: Sequence[Watched]) -> str:
    """What is to be known of the data, such as that they are reduced."""
    found = {str(run.dataset.attrs.get("data_note", "")) for run in runs} - {""}
    return "".join(f'<p class="more">{escape(note)}</p>' for note in sorted(found))


def progress_words(run: Watched, named: bool) -> str:
    """Such as "43 %: 24 runs of 5 trials, stage 1"."""
    words = str(run.dataset.attrs.get("words", ""))
    text = f"{100 * run.share:.0f} % done" + (f": {words}" if words else "")
    return f"{run.label}, {text}" if named else text


def sentences(
    runs: Sequence[Watched], training: Sequence[Line], measured: Sequence[Line], metric: Metric
) -> list[tuple[str, str]]:
    """A sentence for each run and method, with the method it is about.

    Args:
        runs: that are watched.
        training: the training loss of each kind of run.
        measured: the measure beside it, likewise.
        metric: that measure.
    """
    others = {line.kind: line for line in measured}
    found = []
    for run, method in dict.fromkeys((line.kind.run, line.kind.method) for line in training):
        lines = [e for e in training if (e.kind.run, e.kind.method) == (run, method)]
        first = next((each for each in lines if each.kind.basis == "original"), lines[0])
        words = [_rate_words(lines), f"training loss {number(first.last)}"]
        words[-1] += f" in {basis_label(first.kind.basis)}"
        for line in lines:
            if line is not first and math.isfinite(line.last):
                how = times(first.last / line.last) if line.last > 0 else "lower"
                words.append(f"{number(line.last)} in {basis_label(line.kind.basis)} ({how})")
        text = f"{theme.label(method)}{words[0]}: {', '.join(words[1:])}"
        ends = [others[each.kind].last for each in lines if each.kind in others]
        ends = [end for end in ends if math.isfinite(end)]
        if metric is not METRICS["training_loss"] and ends:
            arrow = " → ".join(metric.write(each) for each in ends)
            text += f"; {metric.short} {arrow}"
        name = f"{runs[run].label}. " if len(runs) > 1 else ""
        found.append((method, f"{name}{text}."))
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


def spectra_words(found: Sequence[Spectrum], runs: Sequence[Watched]) -> str:
    """How fast the spectra decay: stable ranks beside the dimension."""
    parts = []
    for each in found:
        name = f"{runs[each.run].label}, {each.name}" if len(runs) > 1 else each.name
        if math.isfinite(each.stable_rank):
            parts.append(f"{name} {number(each.stable_rank, 3)} of {each.dim:,}")
    if not parts:
        return ""
    return f"Stable rank of d: {'; '.join(parts)}; {estimates_words(found[0].n_trials)}."


def numbers_table(
    runs: Sequence[Watched], training: Sequence[Line], measured: Sequence[Line], metric: Metric
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
    at = int((line.median == line.last).nonzero()[0][-1])
    low, high = metric.write(line.low[at]), metric.write(line.high[at])
    return f"{metric.write(line.last)} ({low} – {high})"
