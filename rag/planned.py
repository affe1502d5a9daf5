"""A question about when something happened, and an answer that its article only gives as a plan.

Of the right answers that the training texts give to such questions 11 of 9,293 are taken for a plan.
"""

import regex

_WHEN = regex.compile(
    r"^\W*(?:\w+\s)?(?:when|(?:what|which)\s(?:year|month|day|date))\b.*\b(?:did|was|were|has|have|had)\b"
    r"|^\W*how many\b.*\b(?:has|have)\b",
    regex.IGNORECASE,
)
_AHEAD = regex.compile(  # asks for a plan itself, or for what somebody settled about the future
    r"\b(?:will|would|shall|should|may|might|could|can|due|set|next|going to|deadline|plan(?:s|ned|ning)?|expect\w*"
    r"|hop(?:e|es|ed|ing)|suppose\w*|(?:re)?schedul\w*|intend\w*|aim\w*|want\w*|propos\w*|promis\w*|estimat\w*|target\w*"
    r"|forecast\w*|decid\w*|announc\w*|agree\w*|pledg\w*|vow\w*|say|said|postpon\w*|adjourn\w*|delay\w*|mov(?:e|ed))\b"
    r"|\b(?:is|are|was|were|has|have|had)\b(?:\s+\S+){0,5}?\s+to\s",
    regex.IGNORECASE,
)
_PLAN = regex.compile(
    r"(?:[’']ll|(?<!\b(?:his|her|their|its|the|a|last|own)\s)\b(?-i:will)|\baim(?:s|ed|ing)? (?:for|to)"
    r"|\bplanned (?:for|to|in)|\bplanning to|(?<!\b(?:made|the|any|no|of|with|rejected)\s)\bplans? to"
    r"|\b(?:schedul\w+|set|slated|likely) (?:for|to)"
    r"|\bexpect(?:s|ed|ing)? (?:to|that|in)|\bhop(?:es|ed|ing) to|\bdue (?:in|on|by|to be)|\bintend(?:s|ed|ing)? to"
    r"|\bwants? to|\b(?:is|are) (?:going )?to)\b(?! not\b)"
    r"(?!.*\b(?:was|were|has|had|began|took|went)\b|.*(?<!\bbe )\b(?:started|opened|passed|sailed|launched|ended)\b)",
    regex.IGNORECASE,
)
_CLAUSE = regex.compile(
    r"[,;:()–—]|\b(?:but|because|after|before|which|who|whose|while|where|when)\b", regex.IGNORECASE
)


def asks_when_it_happened(question: str) -> bool:
    """Whether it asks for the time, or so far for the number, of something past, not for a plan ("when was it to fly").

    Other questions are left alone: of who was elected, or how long somebody was banned, news says that he "will be".
    """
    return bool(_WHEN.search(question)) and not _AHEAD.search(question)


def planned(before: str) -> bool:
    """Whether an answer is only planned, by what stands before it in its sentence: the clause it ends says "will"."""
    return bool(_PLAN.search(regex.split(_CLAUSE, before)[-1]))
