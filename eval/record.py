"""Run files and baselines: a run as JSON, one question a line, so that a new baseline is a readable diff."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, replace
from pathlib import Path
from typing import Any

from eval import fields as gold_fields
from eval.gold import Gold
from eval.outcome import Outcome, Quoted
from eval.run import Run
from eval.scores import score
from index.errors import QuotelineError
from index.types import Filters

FORMAT = 2
PLACES = 4  # of each score: a run in memory is compared as if it had been written
_OUTCOME = [field for field in fields(Outcome) if field.name != "gold"]


class RecordError(QuotelineError):
    """A run file that cannot be used."""

    status = 422
    code = "run_unusable"


def write(run: Run, path: Path) -> None:
    """Writes the run whole or not at all: a file that is there is a finished one."""
    head: dict[str, object] = {"format": FORMAT, "metrics": run.metrics, "questions": len(run.outcomes)}
    head |= {
        "why": run.why,
        "facts": run.facts,
        "articles": run.articles,
        "scores": _rounded(asdict(score(run.outcomes))),
    }
    lines = [f" {json.dumps(name)}: {_dumps(value)},\n" for name, value in head.items()]
    outcomes = ",\n".join(f"  {_dumps(to_json(outcome))}" for outcome in run.outcomes)
    partial = path.with_name(f"{path.name}.partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_text("{\n" + "".join(lines) + ' "outcomes": [\n' + outcomes + "\n ]\n}\n", encoding="utf-8")
    partial.replace(path)


def read(path: Path) -> Run:
    """A run from its file; raises RecordError with a sentence when it is missing, damaged or of another format."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise RecordError(f"{path} is not a run file of format {FORMAT}; write it anew with `run --json`")
        outcomes = tuple(from_json(raw) for raw in document["outcomes"])
        if len(outcomes) != document["questions"]:
            raise RecordError(
                f"{path} holds {len(outcomes)} of {document['questions']} questions; write it anew with `run --json`"
            )
        return Run(outcomes, document["facts"], document["articles"], document["metrics"], document["why"])
    except FileNotFoundError:
        raise RecordError(f"there is no run file {path}; write one with `run --json`") from None
    except OSError as error:
        raise RecordError(f"{path} cannot be read ({error.strerror}); name a run file") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordError(
            f"{path} is damaged ({type(error).__name__}: {error}); write it anew with `run --json`"
        ) from None


def as_baseline(run: Run, why: str) -> Run:
    """The run without timings and places of lines, so that the same answers are the same bytes."""
    outcomes = [replace(o, timings_ms=None, gold=replace(o.gold, file="", line=0)) for o in run.outcomes]
    return replace(run, outcomes=tuple(sorted(outcomes, key=lambda o: o.gold.id)), why=why)


def gold_line(gold: Gold) -> dict[str, Any]:
    """The question as a line of a gold file holds it, without what is as by default."""
    values: dict[str, Any] = {}
    for field in fields(Gold):
        value = getattr(gold, field.name)
        if field.compare and value != _default(field):
            values[field.name] = gold_fields.write_filters(value) if isinstance(value, Filters) else value
    return values


def to_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON values, without what is as by default."""
    gold = gold_line(outcome.gold) | {"file": outcome.gold.file, "line": outcome.gold.line}
    values: dict[str, Any] = {"gold": gold}
    for field in _OUTCOME:
        value = getattr(outcome, field.name)
        if value != _default(field):
            values[field.name] = asdict(value) if isinstance(value, Quoted) else _rounded(value)
    return values


def from_json(raw: Mapping[str, Any]) -> Outcome:
    """The outcome of `to_json`; raises ValueError, KeyError or TypeError for anything else."""
    line = dict(raw["gold"])
    file, number = line.pop("file"), line.pop("line")
    gold = Gold(**gold_fields.read(json.dumps(line)), file=file, line=number)
    values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in raw.items() if n != "gold"}
    if "quote" in values:
        values["quote"] = Quoted(**values["quote"])
    return Outcome(gold, **values)


def _default(field: Any) -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _rounded(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [_rounded(part) for part in value]
    return round(value, PLACES) if isinstance(value, float) else value


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
