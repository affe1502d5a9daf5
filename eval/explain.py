"""One question asked again, with everything that led to its answer."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.gold import Gold
from eval.outcome import holds_evidence, judge, ranked_articles
from eval.subject import Subject
from eval.verdict import expected, given

_WHY = {
    "retrieval_miss": "no passage of a gold article was retrieved",
    "not_read": "a gold article was found, but no passage that was read holds the evidence",
    "reader_miss": "the evidence was read, and no accepted answer was found in it",
    "ranking": "an accepted answer was found, but something else was ranked above it",
    "false_abstain": "the best candidate is right, or overlaps the answer, and was declined",
    "should_abstain": "no article answers this, and an answer was given",
    "boundary": "the answer overlaps an accepted one, but has other words",
    "conflict_missed": "the articles disagree, and not all they say was shown",
}


def explain(subject: Subject, gold: Gold, console: Console) -> None:
    """Prints question, verdict and reason, then every passage read with its best span and scores."""
    answer, _ = subject.ask(gold)
    candidate = answer if answer.best else subject.ask(gold, min_confidence=0.0)[0]
    ranked = subject.ranked(gold)
    outcome = judge(gold, answer, candidate, ranked, subject.oracle(gold))
    console.print(
        f"[bold]{escape(gold.question)}[/]   {escape(f'{gold.id} · {gold.file}:{gold.line}')}", soft_wrap=True
    )
    if answer.corrected_question is not None:
        console.print(f"read as    {escape(answer.corrected_question)}", soft_wrap=True)
    console.print(f"expected   {escape(expected(gold))}", soft_wrap=True)
    console.print(f"given      {escape(given(outcome))}", soft_wrap=True)
    why = "passed" if outcome.passed else f"{outcome.stage}: {_WHY[outcome.stage or 'reader_miss']}"
    console.print(f"verdict    {escape(why)}", soft_wrap=True)
    console.print(f"confidence {outcome.confidence:.4f}, threshold {outcome.threshold}")
    if gold.expect != "no_answer":
        console.print(f"evidence   {escape(gold.evidence)}", soft_wrap=True)
        console.print(f"           in passage {outcome.evidence_rank or 'none'} of {len(ranked)} found")
        if outcome.oracle_f1 is not None:
            console.print(f"given only the evidence: F1 {outcome.oracle_f1:.3f}")
    console.print(f"articles   {escape(', '.join(ranked_articles(ranked)[:10]))}", soft_wrap=True)
    table = Table("read", "article", "evidence", "best span", "span score", "null", "dense", "lexical", "passage")
    for at, seen in enumerate(candidate.trace, 1):
        span, article = seen.span, seen.hit.article
        table.add_row(
            str(at),
            escape(f"{article.id}[{seen.hit.passage.start}:{seen.hit.passage.end}]"),
            "yes" if holds_evidence(gold, seen.hit.passage, article) else "",
            escape(article.text[span.start : span.end]) if span else "–",
            _number(span.score if span else None),
            _number(seen.null),
            _number(seen.hit.dense),
            _number(seen.hit.lexical),
            escape(" ".join(seen.hit.passage.text.split())[:120]),
        )
    console.print(table)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
