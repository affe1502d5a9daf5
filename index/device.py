"""What the machine computes with, found out without importing PyTorch where there is no GPU."""

import ctypes
import os
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def instructions() -> frozenset[str]:
    """The instruction sets of an x86 processor, as Linux names them ("avx512_vnni"), and its vendor; elsewhere none."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0].splitlines()
    except OSError:
        return frozenset()
    fields = {name.strip(): value for name, _, value in (line.partition(":") for line in lines)}
    return frozenset(f"{fields.get('flags', '')} {fields.get('vendor_id', '')}".split())


def has_cuda() -> bool:
    """Whether PyTorch can use a GPU here; PyTorch is asked only where NVIDIA's driver is installed."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    import torch

    return torch.cuda.is_available()


def torch_device() -> str:
    """The device for a PyTorch model."""
    return "cuda" if has_cuda() else "cpu"


def torch_has_bf16() -> bool:
    """Whether PyTorch multiplies bf16 matrices in hardware on this processor (AMX): several times faster."""
    import torch

    return bool(torch.cpu._is_amx_tile_supported())
