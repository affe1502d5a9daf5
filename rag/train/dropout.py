"""Dropout for a CPU: masks are cut out of one pool, for drawing their numbers takes as long as the step itself."""

import random

import torch
from transformers import PreTrainedModel

_POOL = 1 << 24  # numbers of one pool
_OF_ATTENTION = (".self.dropout", ".attn.dropout")  # in BERT and in MPNet


class PooledDropout(torch.nn.Module):
    """Sets a share of its input to 0 and raises the rest in proportion (Srivastava et al. 2014), in training only."""

    def __init__(self, pool: torch.Tensor) -> None:
        super().__init__()
        self._pool = pool

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """values: any shape of fewer numbers than the pool has."""
        if not self.training:
            return values
        at = random.randrange(len(self._pool) - values.numel())
        return values * self._pool[at : at + values.numel()].view_as(values)


def use_dropout(model: PreTrainedModel, share: float) -> None:
    """Puts pooled dropout after the embeddings and each layer's two halves; attention weights keep all they have."""
    if not share:
        return
    kept = torch.rand(_POOL) >= share
    pool = (kept / (1 - share)).to(model.device, model.dtype)
    for name, module in list(model.named_modules()):
        if isinstance(module, torch.nn.Dropout) and not name.endswith(_OF_ATTENTION):
            model.get_submodule(name.removesuffix(".dropout")).dropout = PooledDropout(pool)
