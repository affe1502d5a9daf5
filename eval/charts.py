"""The report's charts as inline SVG: no script and no network, coloured by the page's style sheet, readable aloud."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from markupsafe import Markup, escape

from eval.abstention import Bin, Point

_WIDTH = 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 24, 18, 40
_ROW = 24
_TENTHS = [at / 10 for at in range(0, 11, 2)]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a row chart: a share with its interval, and the share before where it is known."""

    name: str
    n: int
    share: float
    low: float
    high: float
    before: float | None = None


@dataclass(frozen=True, slots=True)
class _Plane:
    """Maps data to the drawing's coordinates; y grows upwards."""

    x_max: float = 1.0
    y_max: float = 1.0
    height: int = 270

    def x(self, value: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * value / self.x_max, 1)

    def y(self, value: float) -> float:
        return round(self.height - _BOTTOM - (self.height - _TOP - _BOTTOM) * value / self.y_max, 1)


def risk_coverage(
    now: Sequence[Point], before: Sequence[Point], operating: tuple[float, float] | None, target: float = 0.05
) -> Markup:
    """Risk (share of answers wrong) against coverage (share of questions answered), surest first.

    operating: (coverage, risk) at the threshold in use. The dashed line is the risk that is aimed at.
    """
    highest = max((point.risk for point in (*now, *before)), default=1.0)
    plane = _Plane(y_max=next(top for top in (0.1, 0.25, 0.5, 0.75, 1.0) if highest <= top))
    parts = [_axes(plane, "questions answered", "answers wrong", [plane.y_max * at / 5 for at in range(6)], _TENTHS)]
    parts.append(_line(plane, [(0, target), (1, target)], "aim"))
    parts.append(_text(plane.x(1) - 2, plane.y(target) - 5, f"{target:.0%} risk", "end", "small"))
    for kind, points in (("before", before), ("now", now)):
        parts.append(_line(plane, [(point.coverage, point.risk) for point in points], kind))
    if operating:
        coverage, risk = operating
        told = f"at the threshold: {coverage:.0%} answered, {risk:.1%} of them wrong"
        parts.append(_dot(plane.x(coverage), plane.y(min(risk, plane.y_max)), 5, "now", told))
        side, shift = ("end", -9) if coverage > 0.6 else ("start", 9)
        parts.append(_text(plane.x(coverage) + shift, plane.y(min(risk, plane.y_max)) - 8, "threshold", side, "small"))
    return _svg(plane.height, f"Risk against coverage of {len(now)} levels of confidence", parts)


def reliability(bins: Sequence[Bin]) -> Markup:
    """How often answers of a confidence are right; the diagonal is perfect calibration, a dot's area how many."""
    plane = _Plane()
    parts = [_axes(plane, "confidence", "right", _TENTHS, _TENTHS), _line(plane, [(0, 0), (1, 1)], "aim")]
    most = max((b.count for b in bins), default=1)
    parts.append(_line(plane, [(b.confidence, b.right) for b in bins], "now"))
    for b in bins:
        radius = 3 + 9 * (b.count / most) ** 0.5
        told = f"{b.count} of confidence {b.low:.1f}–{b.high:.1f}: {b.right:.0%} right, {b.confidence:.0%} expected"
        x, y = plane.x(b.confidence), plane.y(b.right)
        parts.append(_dot(x, y, radius, "now soft", told))
        parts.append(_text(x, y - radius - 4 if b.right < 0.9 else y + radius + 13, str(b.count), "middle", "small"))
    return _svg(plane.height, "Reliability of confidence", parts)


def recall(series: Mapping[str, Mapping[int, float | None]]) -> Markup:
    """Recall at each depth, a line for each name in order."""
    depths = list(next(iter(series.values())))
    values = [value for line in series.values() for value in line.values() if value is not None]
    low = max(bottom for bottom in (0.0, 0.25, 0.5, 0.75) if bottom < min(values, default=1.0) or bottom == 0.0)
    plane = _Plane(x_max=len(depths) - 1 + 0.4, y_max=1.0 - low)
    ticks = [(1.0 - low) * at / 5 for at in range(6)]
    parts = [_axes(plane, "passages or articles looked at", "found", ticks, [], y_from=low)]
    parts += [_text(plane.x(at + 0.2), plane.height - 22, f"@{depth}", "middle") for at, depth in enumerate(depths)]
    for kind, (name, line) in zip(("now", "other"), series.items(), strict=False):
        points = [(at + 0.2, value - low) for at, depth in enumerate(depths) if (value := line[depth]) is not None]
        parts.append(_line(plane, points, kind))
        for x, y in points:
            told = f"{name}: {y + low:.1%}"
            parts.append(_dot(plane.x(x), plane.y(y), 4, kind, told))
            shift = -9 if kind == "now" else 18
            parts.append(_text(plane.x(x), plane.y(y) + shift, f"{y + low:.1%}", "middle", f"small {kind}"))
    return _svg(plane.height, "Recall by depth", parts)


def shares(rows: Sequence[Row], name_width: int = 190) -> Markup:
    """A dot with its 95 % interval for each row; a ring marks the share before."""
    height = _ROW * len(rows) + 34
    width = 600

    def x(value: float) -> float:
        return round(name_width + (width - name_width - 58) * value, 1)

    bottom = height - 24
    parts = [
        _rule(x(at), 4, x(at), bottom) + _text(x(at), height - 8, f"{at:.0%}", "middle", "small") for at in _TENTHS
    ]
    for at, row in enumerate(rows):
        y = _ROW * at + 16
        told = f"{row.name}: {row.share:.1%} of {row.n} passed, 95 % interval {row.low:.1%} to {row.high:.1%}"
        before = "" if row.before is None else f"; before {row.before:.1%}"
        parts.append(_text(name_width - 10, y + 4, f"{row.name} ({row.n})", "end"))
        parts.append(Markup('<g class="row" data-tag="{}"><title>{}{}</title>').format(row.name, told, before))
        parts.append(_segment(x(row.low), y, x(row.high), y, "interval"))
        if row.before is not None:
            parts.append(Markup('<circle cx="{}" cy="{}" r="5" class="ring"/>').format(x(row.before), y))
        parts.append(Markup('<circle cx="{}" cy="{}" r="4.5" class="dot now"/></g>').format(x(row.share), y))
        parts.append(_text(width - 4, y + 4, f"{row.share:.0%}", "end", "small"))
    return _svg(height, "Passed by tag, with 95 % intervals", parts, width)


def bars(label: str, rows: Sequence[tuple[str, float, float | None]], unit: str = "", whisker: bool = False) -> Markup:
    """A bar for each (name, value, second): the second is the value before, or with `whisker` an upper mark."""
    height = (_ROW + 6) * len(rows) + 8
    highest = max((max(value, second or 0.0) for _, value, second in rows), default=0.0) or 1.0
    parts: list[Markup] = []
    for at, (name, value, second) in enumerate(rows):
        y = (_ROW + 6) * at + 6
        length, other = (round((190 if unit else 230) * v / highest, 1) for v in (value, second or 0.0))
        shown = f"{value:.0f}{unit}" if value >= 10 or not unit else f"{value:.1f}{unit}"
        parts.append(_text(128, y + 15, name, "end"))
        parts.append(Markup('<rect x="136" y="{}" width="{}" height="18" rx="2" class="bar"/>').format(y, length))
        if second is not None and whisker:
            parts.append(_segment(136 + length, y + 9, 136 + other, y + 9, "interval"))
            parts.append(_segment(136 + other, y + 3, 136 + other, y + 15, "interval"))
            shown += f", p95 {second:.0f}{unit}"
        elif second is not None:
            parts.append(_segment(136 + other, y - 1, 136 + other, y + 19, "mark"))
            shown += f" (before {second:.0f})"
        parts.append(_text(142 + max(length, other), y + 14, shown, "start", "small"))
    return _svg(height, label, parts)


def powers(label: str, series: Mapping[str, Sequence[tuple[float, float]]], x_name: str, y_name: str) -> Markup:
    """A line for each name, both axes in powers of ten; its name stands at its end."""
    points = [point for line in series.values() for point in line]
    (x_low, x_high), (y_low, y_high) = (
        (math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))))
        for values in zip(*points, strict=True)
    )
    plane = _Plane(x_max=(max(x_high - x_low, 1)) * 1.15, y_max=max(y_high - y_low, 1))
    parts = []
    for power in range(y_low, y_high + 1):
        y = plane.y(power - y_low)
        parts += [_rule(_LEFT, y, _WIDTH - _RIGHT, y), _text(_LEFT - 6, y + 4, f"{10.0**power:g}", "end", "small")]
    for power in range(x_low, x_high + 1):
        parts.append(_text(plane.x(power - x_low), plane.height - 22, f"{10**power:,}", "middle", "small"))
    for at, (name, line) in enumerate(series.items()):
        kind = ("now", "other", "before", "aim")[at % 4]
        logs = [(math.log10(x) - x_low, math.log10(y) - y_low) for x, y in line]
        parts.append(_line(plane, logs, kind))
        for (x, y), (size, value) in zip(logs, line, strict=True):
            parts.append(_dot(plane.x(x), plane.y(y), 3, kind, f"{name}: {value:.3g} {y_name} at {size:,} {x_name}"))
        parts.append(_text(plane.x(logs[-1][0]) + 6, plane.y(logs[-1][1]) + 4, name, "start", "small"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, plane.height - 4, x_name, "middle", "name"))
    parts.append(_text(4, 12, y_name, "start", "name"))
    return _svg(plane.height, label, parts)


def interval(low: float, high: float, change: float, limit: float) -> Markup:
    """A gate's change and interval on a small axis around zero; the dashed line is the drop that counts."""
    reach = max(abs(low), abs(high), limit, 0.01) * 1.15

    def x(value: float) -> float:
        return round(90 + 84 * value / reach, 1)

    parts = [
        _segment(x(0), 2, x(0), 26, "zero"),
        _segment(x(-limit), 2, x(-limit), 26, "aim"),
        _segment(x(low), 14, x(high), 14, "interval"),
        _dot(x(change), 14, 4.5, "now", f"{100 * change:+.1f} points, 95 % {100 * low:+.1f} to {100 * high:+.1f}"),
    ]
    return _svg(28, "Change with its interval", parts, 180, "small")


def _axes(
    plane: _Plane, x_name: str, y_name: str, ys: Iterable[float], xs: Iterable[float], y_from: float = 0.0
) -> Markup:
    parts = []
    for y in ys:
        parts.append(_rule(_LEFT, plane.y(y), _WIDTH - _RIGHT, plane.y(y)))
        parts.append(_text(_LEFT - 6, plane.y(y) + 4, f"{y + y_from:.0%}", "end", "small"))
    parts += [_text(plane.x(x), plane.height - 22, f"{x:.0%}", "middle", "small") for x in xs]
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, plane.height - 4, x_name, "middle", "name"))
    middle = plane.height / 2 - 10
    parts.append(
        Markup(
            '<text x="11" y="{0}" class="name" text-anchor="middle" transform="rotate(-90 11 {0})">{1}</text>'
        ).format(middle, y_name)
    )
    return Markup("").join(parts)


def _line(plane: _Plane, points: Sequence[tuple[float, float]], kind: str) -> Markup:
    if not points:
        return Markup("")
    path = " ".join(f"{plane.x(x)},{plane.y(y)}" for x, y in points)
    return Markup('<polyline points="{}" class="line {}"/>').format(path, kind)


def _segment(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(x1, y1, x2, y2, kind)


def _rule(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return _segment(x1, y1, x2, y2, "rule")


def _dot(x: float, y: float, radius: float, kind: str, told: str) -> Markup:
    shape = Markup('<circle cx="{}" cy="{}" r="{}" class="dot {}"><title>{}</title></circle>')
    return shape.format(x, y, round(radius, 1), kind, told)


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" class="{}">{}</text>').format(x, y, anchor, kind, text)


def _svg(height: int, label: str, parts: Iterable[Markup], width: int = _WIDTH, kind: str = "chart") -> Markup:
    head = Markup('<svg viewBox="0 0 {} {}" class="{}" role="img" aria-label="{}">').format(width, height, kind, label)
    return head + Markup("").join(parts) + Markup("</svg>")


def picture(chart: Markup) -> str:
    """A chart as an SVG file of its own, with the report's colours in both schemes."""
    style = (resources.files("eval") / "templates" / "report.css").read_text(encoding="utf-8")
    size, rest = str(chart).removeprefix("<svg ").split(">", 1)
    return f'<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" {size}><style>{style}</style>{rest}'


def marked(prefix: str, exact: str, suffix: str) -> Markup:
    """A quoted sentence with its answer marked."""
    return escape(prefix) + Markup("<mark>{}</mark>").format(exact) + escape(suffix)
