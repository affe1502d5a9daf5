"""Opens everything a question needs: library, embedder, reader and calibration."""

from pathlib import Path

from index.embed import load_embedder
from index.library import Library
from index.owner import refuse_if_owned
from rag.answer import Answerer
from rag.confidence import Confidence
from rag.reader import load_reader

MODEL = Path(__file__).parent / "model"


def open_answerer(
    data: Path, *, read_only: bool = False, embedder: Path | None = None, reader: Path = MODEL
) -> Answerer:
    """The library in `data` with the bundled models, or those in the folders given.

    Raises what Library.open raises; a library that another process writes is refused before any model is loaded.
    """
    if not read_only:
        refuse_if_owned(data)
    library = Library.open(data, load_embedder(embedder), read_only=read_only)
    try:
        return Answerer(library, load_reader(reader), Confidence.load(reader / "calibration.json"))
    except BaseException:
        library.close()
        raise
