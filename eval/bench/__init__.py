"""Benchmarks of one part alone, on SQuAD paragraphs as articles."""
