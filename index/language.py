"""An article's language as a primary subtag ("en"), from its metadata or else from its words."""

import re
from functools import cache
from typing import Any

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_.][A-Za-z0-9_.-]{1,40})?")
_SAMPLE = 400
_LETTERS = 40
_CERTAIN = 0.6
_NO_LANGUAGE = "zxx"


def normalise(tag: str) -> str | None:
    """The primary subtag of a BCP 47 tag or a locale: "en-US" and "en_US" are "en"; None for anything else."""
    found = _TAG.fullmatch(tag.strip())
    return found[1].lower() if found else None


def detect(text: str) -> str | None:
    """The language of the first 400 characters; None for fewer than 40 letters or an uncertain guess."""
    sample = text[:_SAMPLE]
    if sum(map(str.isalpha, sample)) < _LETTERS:
        return None
    code, probability = _identifier().classify(sample)
    return str(code) if probability >= _CERTAIN and code != _NO_LANGUAGE else None


@cache
def _identifier() -> Any:
    """py3langid's model with probabilities (Lui and Baldwin 2012); half a second to load, so only when it is needed."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
