"""Training data: what is kept apart from it."""

from rag import squad
from rag.train import ablate
from rag.train.prepare import Settings, held_out_titles


def test_the_titles_held_out_are_those_of_every_run() -> None:
    examples = [squad.Example(str(n), f"title {n % 100}", "c", "q", ()) for n in range(300)]
    held_out = held_out_titles(examples)
    assert len(held_out) == 30
    assert held_out == held_out_titles(reversed(examples))


def test_every_row_of_the_ablation_has_one_part_more_and_the_last_has_all() -> None:
    rows = [ablate.settings(row) for row in range(len(ablate.ROWS))]
    assert [(row.negatives > 0, row.title > 0, row.typo > 0) for row in rows] == [
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, True),
    ]
    assert rows[-1] == Settings()


def test_of_few_titles_half_are_trained_on() -> None:
    examples = [squad.Example(str(n), f"title {n}", "c", "q", ()) for n in range(10)]
    assert len(held_out_titles(examples)) == 5
