"""Commands that look after the gold questions: check, fmt, import, export, stats, promote."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from eval import exchange, promote, stats
from eval.commands import err, out, stale
from eval.compare import ALPHA, MIN_EFFECT, cluster
from eval.gold import check, load
from eval.opening import CORPUS, read_texts
from eval.remote import Remote


def gold_check(gold: Sequence[Path], articles: Path | None) -> int:
    """0 when every line is valid and every active question's evidence is in its article, else 3."""
    questions = load(gold)
    texts = read_texts(articles or CORPUS, lambda o: err.print(escape(f"{o.id} is refused: {o.reason}")))
    active = [question for question in questions if question.status == "active"]
    problems = stale(check(active, texts))
    for problem in problems:
        out.print(escape(str(problem)), soft_wrap=True)
    if problems:
        return 3
    waiting = len(questions) - len(active)
    more = f"; {waiting} candidates wait for a person" if waiting else ""
    out.print(f"{len(active)} questions, each with its evidence in {len(texts)} articles{more}")
    return 0


def gold_fmt(gold: Sequence[Path], *, check_only: bool) -> int:
    """Writes each file in canonical form; with `check_only` only says which are not, and returns 3 for any."""
    load(gold)
    changed = []
    for path in gold:
        text = exchange.formatted(path, load([path]))
        if text != path.read_text(encoding="utf-8"):
            changed.append(path)
            if not check_only:
                path.write_text(text, encoding="utf-8")
    for path in changed:
        out.print(
            f"{path} {'is not in canonical form; run gold fmt' if check_only else 'is formatted'}", soft_wrap=True
        )
    return 3 if changed and check_only else 0


def gold_import(squad: Path, folder: Path) -> int:
    """SQuAD JSON into a folder of gold and articles."""
    gold, articles = exchange.import_squad(squad, folder)
    out.print(f"python -m eval run --gold {gold} --articles {articles}", soft_wrap=True)
    return 0


def gold_export(gold: Sequence[Path], articles: Path | None, to: Path) -> int:
    """The active questions as SQuAD JSON."""
    questions = [question for question in load(gold) if question.status == "active"]
    document = exchange.export_squad(questions, read_texts(articles or CORPUS))
    to.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    out.print(f"{to} holds {len(questions)} questions", soft_wrap=True)
    return 0


def gold_stats(gold: Sequence[Path]) -> int:
    """How many questions of each kind there are, and the smallest drop that so many can show."""
    questions = [question for question in load(gold) if question.status == "active"]
    table = Table("", "questions", "share")
    kinds = Counter(question.expect for question in questions)
    tags = Counter(tag for question in questions for tag in question.tags)
    rows = [("all", len(questions)), ("must_pass", sum(q.must_pass for q in questions))]
    rows += [*kinds.most_common(), *((f"tag {tag}", n) for tag, n in tags.most_common())]
    for name, n in rows:
        table.add_row(escape(name), str(n), f"{n / max(1, len(questions)):.0%}")
    out.print(table)
    out.print(f"{len({cluster(question) for question in questions if question.articles})} articles are asked about")
    out.print(_visible(len(questions)))
    return 0


def promote_feedback(source: Path | None, url: str | None, key: str | None, gold: Path, others: Sequence[Path]) -> int:
    """Adds a candidate to `gold` for each thumbs-down of a service, or of a file, that no gold file has yet."""
    known = load([*others, *([gold] if gold.exists() and gold not in others else [])])
    if url:
        remote = Remote(url, key)
        try:
            feedback = remote.feedback()
        finally:
            remote.close()
    else:
        feedback = promote.read(source) if source else []
    found = promote.candidates(feedback, known)
    if found:
        promote.append(found, gold)
    for question in found:
        out.print(escape(f"{question.id} {question.question}"), soft_wrap=True)
    out.print(f"{len(found)} candidates added to {gold}; complete each line and set status to active", soft_wrap=True)
    return 0


def _visible(n: int) -> str:
    losses = stats.smallest_losses(0, n, ALPHA / 3, MIN_EFFECT)
    churn = round(0.02 * n)
    mixed = stats.smallest_losses(churn, n, ALPHA / 3, MIN_EFFECT)
    if losses is None or mixed is None:
        return f"{n} questions are too few for any drop to be significant"
    return (
        f"the gate fails from {losses} losses on ({losses / n:.1%} of the questions) when nothing is gained,"
        f" from {mixed} on when {churn} are gained"
    )
