"""Citation validity, an invariant: whatever is cited is a slice of the article as the library shows it."""

from collections.abc import Callable, Iterator

from rag.types import Answer, Citation

TextOf = Callable[[str], str | None]


def citations(answer: Answer) -> Iterator[Citation]:
    """Every citation of an answer: its own, its alternatives' and what to see instead."""
    for quote in ([answer.best] if answer.best else []) + list(answer.alternatives):
        yield from quote.citations
    yield from answer.see_also


def violations(answer: Answer, text_of: TextOf) -> list[str]:
    """What is wrong with the citations, one sentence each; `text_of` gives an article's text by id, None when unknown.

    Each citation's `exact` and `prefix + exact + suffix` are slices of the article at their place, the article is the
    one in the library, and each quote's first citation says the quote's own words.
    """
    found = [text for citation in citations(answer) for text in _violations(citation, text_of)]
    for quote in ([answer.best] if answer.best else []) + list(answer.alternatives):
        if not quote.citations:
            found.append(f"{quote.text!r} is answered without a citation")
        elif quote.citations[0].exact != quote.text:
            found.append(f"{quote.text!r} is answered, but its first citation says {quote.citations[0].exact!r}")
    return found


def _violations(citation: Citation, text_of: TextOf) -> Iterator[str]:
    article, start, end = citation.article, citation.start, citation.end
    place = f"{article.id}[{start}:{end}]"
    if not 0 <= start < end <= len(article.text):
        yield f"{place} is not inside the article's {len(article.text)} characters"
    elif article.text[start:end] != citation.exact:
        yield f"{place} is {article.text[start:end]!r}, not {citation.exact!r}"
    begin = start - len(citation.prefix)
    quoted = citation.prefix + citation.exact + citation.suffix
    if begin < 0 or article.text[begin : begin + len(quoted)] != quoted:
        yield f"{place} does not stand between its prefix and suffix"
    stored = text_of(article.id)
    if stored is None:
        yield f"{place} cites an article that is not in the library"
    elif stored != article.text:
        yield f"{place} cites another text of the article than the library shows"
