"""Trains the bundled reader. Needs the `train` extra; nothing at run time imports it.

python -m rag.train mine      --work WORK --data squad-train.json.gz    passages our own retrieval brings for questions
python -m rag.train prepare   --work WORK --train squad-train.json.gz   questions and passages -> token arrays
python -m rag.train train     --work WORK                               token arrays -> checkpoints (resumes by itself)
python -m rag.train teach     --work WORK --base B --from CHECKPOINT    a larger reader's logits: targets for a smaller
python -m rag.train deepen    --from READER --out DIR                   a reader with one layer twice, to train further
python -m rag.train export    --work WORK                               averaged weights -> rag/model
python -m rag.train ablate    --work WORK --train squad-train.json.gz   a short training for every part of the recipe
python -m rag.train quantize  --work WORK                               passages -> the ranges of the reader in 8 bits
python -m rag.train calibrate --work WORK --set GOLD ARTICLES           questions -> confidence weights and threshold
"""
