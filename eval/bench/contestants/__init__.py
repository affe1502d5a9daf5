"""Programs that answer questions from the same passages with the same weights, each in an environment of its own.

A module `with_NAME` has build(args), which makes an index of the passages in a folder, and load(args), which opens it
and returns a function from a question to an answer, and the process that answers. They import nothing of this project
but what they measure; `serve` runs them.
"""
