"""From the rooms' values to response bodies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast

from api import responses
from api.links import article_link, source_link, view_link
from index.types import Article, Found, Hit, Intake, Outcome
from rag.answer import Answerer
from rag.types import Answer, Citation, Considered, Quote


@dataclass(frozen=True, slots=True)
class Renderer:
    """Bodies with links in them; `sign` makes the signature of an article's page, None where no key is needed."""

    sign: Callable[[str], str | None]

    def ask_out(self, answerer: Answerer, id: str, question: str, answer: Answer, *, explain: bool) -> responses.AskOut:
        """The body of an answered or declined question; `trace` stays unset without `explain`."""
        stats, timings = answer.stats, answer.timings_ms
        body = responses.AskOut(
            id=id,
            question=question,
            corrected_question=answer.corrected_question,
            status=answer.status,
            answer=self._quote(answer.best) if answer.best else None,
            alternatives=[self._quote(quote) for quote in answer.alternatives],
            no_answer=self._no_answer(answer),
            meta=responses.Meta(
                index=responses.IndexState(
                    generation=stats.generation, articles=stats.articles, passages=stats.passages
                ),
                models=models(answerer),
                threshold=answer.threshold,
                cached=False,
                timings_ms=responses.Timings(
                    embed=timings["embed"], search=timings["search"], read=timings["read"], total=timings["total"]
                ),
            ),
        )
        if explain:
            body.trace = [_considered(considered) for considered in answer.trace]
        return body

    def search_out(self, found: Found) -> responses.SearchOut:
        """The passages of a search."""
        stats = found.stats
        return responses.SearchOut(
            corrected_query=found.corrected_query,
            passages=[self._passage(hit) for hit in found.hits],
            matching=found.matching,
            index=responses.IndexState(generation=stats.generation, articles=stats.articles, passages=stats.passages),
        )

    def _passage(self, hit: Hit) -> responses.PassageOut:
        start, end = hit.passage.start, hit.passage.end
        return responses.PassageOut(
            article=_named(hit.article),
            start=start,
            end=end,
            text=hit.passage.text,
            score=hit.score,
            dense=hit.dense,
            lexical=hit.lexical,
            links=self._links(hit.article, start, end),
        )

    def article_item(self, article: Article) -> responses.ArticleItem:
        """An article in a list."""
        return responses.ArticleItem(**_named(article).model_dump(), links=self._links(article))

    def article_out(self, intake: Intake) -> responses.ArticleOut:
        """A whole article."""
        article = intake.article
        return responses.ArticleOut(
            **_named(article).model_dump(),
            links=self._links(article),
            text=article.text,
            sha256=article.sha256,
            removed=_removed(intake),
        )

    def _links(self, article: Article, start: int | None = None, end: int | None = None) -> responses.ArticleLinks:
        return responses.ArticleLinks(
            article=article_link(article.id), view=view_link(article.id, start, end, self.sign(article.id))
        )

    def _citation(self, citation: Citation) -> responses.CitationOut:
        article, start, end = citation.article, citation.start, citation.end
        return responses.CitationOut(
            article=_named(article),
            start=start,
            end=end,
            exact=citation.exact,
            prefix=citation.prefix,
            suffix=citation.suffix,
            links=responses.CitationLinks(
                article=article_link(article.id),
                view=view_link(article.id, start, end, self.sign(article.id)),
                source=source_link(article, start, end),
            ),
        )

    def _quote(self, quote: Quote) -> responses.QuoteOut:
        citations = [self._citation(citation) for citation in quote.citations]
        return responses.QuoteOut(text=quote.text, confidence=quote.confidence, citations=citations)

    def _no_answer(self, answer: Answer) -> responses.NoAnswer | None:
        if answer.reason is None:
            return None
        see_also = [self._citation(citation) for citation in answer.see_also]
        return responses.NoAnswer(reason=answer.reason, best_confidence=answer.best_confidence, see_also=see_also)


def models(answerer: Answerer) -> responses.Models:
    """The names of the weights in use."""
    return responses.Models(embedder=answerer.library.embedder.name, reader=answerer.reader.name)


def outcome_out(outcome: Outcome) -> responses.OutcomeOut:
    """What became of one of many articles."""
    status = cast(Literal["added", "changed", "unchanged", "refused"], outcome.status)
    return responses.OutcomeOut(id=outcome.id, status=status, reason=outcome.reason, passages=outcome.passages)


def upserted(intake: Intake, outcome: Outcome) -> responses.Upserted:
    """What became of an article that was put."""
    status = cast(Literal["added", "changed", "unchanged"], outcome.status)
    return responses.Upserted(id=outcome.id, status=status, passages=outcome.passages, removed=_removed(intake))


def _removed(intake: Intake) -> list[responses.RemovedOut]:
    return [responses.RemovedOut(reason=part.reason, text=part.text) for part in intake.removed]


def _named(article: Article) -> responses.ArticleRef:
    return responses.ArticleRef(
        id=article.id,
        title=article.title,
        url=article.url,
        source=article.source,
        published=article.published,
        language=article.language,
    )


def _considered(considered: Considered) -> responses.Considered:
    hit, span = considered.hit, considered.span
    text = hit.article.text
    return responses.Considered(
        article=hit.article.id,
        start=hit.passage.start,
        end=hit.passage.end,
        text=hit.passage.text,
        score=hit.score,
        dense=hit.dense,
        lexical=hit.lexical,
        null_score=considered.null,
        span=None
        if span is None
        else responses.SpanOut(start=span.start, end=span.end, exact=text[span.start : span.end], score=span.score),
    )
