"""The comparison of peers as a table and as a chart."""

from collections.abc import Sequence

from rich.table import Table

from eval import charts
from eval.bench.peers import Comparison, Result


def table(comparison: Comparison) -> Table:
    """A line for each contestant; ratios are to the first, ours."""
    title = (
        f"{comparison.questions} questions, {comparison.passages} passages, {comparison.threads} threads,"
        f" load {comparison.load:.1f} before"
    )
    names = ("", "p50 ms", "ratio", "p95 ms", "ratio", "cpu ms", "ratio", "1/s", "EM", "F1", "start s", "MB", "disk MB")
    shown = Table(
        *names,
        title=title,
        caption="1/s: questions a second; MB: resident; disk: installed, without the models' weights",
    )
    own = comparison.results[0]
    for result in comparison.results:
        shown.add_row(result.name, *_figures(result, own))
    return shown


def _figures(result: Result, own: Result) -> list[str]:
    cells = []
    for share in (0.5, 0.95):
        cells += [f"{result.quantile(share):.0f}", f"{result.quantile(share) / own.quantile(share):.1f}"]
    cells += [f"{1000 * result.cpu_s / len(result.seconds):.0f}", f"{result.cpu_s / own.cpu_s:.1f}"]
    return [
        *cells,
        f"{result.rate:.1f}",
        f"{100 * result.exact_match:.1f}",
        f"{100 * result.f1:.1f}",
        f"{result.start_s:.1f}",
        f"{result.resident_mb:.0f}",
        f"{result.installed_mb:.0f}",
    ]


def chart(results: Sequence[Result]) -> str:
    """A bar to the median and a mark at p95 for each contestant."""
    rows = [(result.name, result.quantile(0.5), result.quantile(0.95)) for result in results]
    return charts.picture(charts.bars("Milliseconds a question, median and p95", rows, " ms", whisker=True))
