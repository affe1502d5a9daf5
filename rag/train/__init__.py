"""Trains the bundled reader. Needs the `train` extra; nothing at run time imports it.

python -m rag.train prepare --train squad-train.json.gz --out WORK     questions -> token arrays, with hard negatives
python -m rag.train train   --work WORK                                token arrays -> checkpoints (resumes by itself)
python -m rag.train evaluate --work WORK --data squad-dev.json.gz      a checkpoint's SQuAD scores
python -m rag.train export  --work WORK --out rag/model                best checkpoint -> the bundled reader
"""
