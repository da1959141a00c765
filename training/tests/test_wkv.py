"""The kernel for GPUs against the recurrence in PyTorch; without a GPU Triton interprets it."""

import importlib.util
import os
import unittest

import torch

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"

from training.model import wkv

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@unittest.skipUnless(importlib.util.find_spec("triton"), "Triton is not installed")
class Kernel(unittest.TestCase):
    def test_result_and_gradients(self):
        from training.wkv_triton import read

        torch.manual_seed(3)
        batch, tokens, heads, size = 2, 24, 3, 32
        shape = (batch, tokens, heads, size)
        inputs = [torch.randn(shape) for _ in range(3)] + [-torch.exp(torch.randn(shape) * 2 - 2).clamp_max(14)]
        inputs += [torch.randn(heads, size), torch.randn(batch, heads, size, size)]
        weights = torch.randn(shape), torch.randn(batch, heads, size, size)

        def run(function, to):
            given = [x.to(to, copy=True).requires_grad_() for x in inputs]
            results = function(*given)
            sum((part * weight.to(to)).sum() for part, weight in zip(results, weights, strict=True)).backward()
            return [*results, *(x.grad for x in given)]

        def kernel(r, k, v, log_w, u, state):
            y, state = read(r, k, v, log_w, state)
            return y + (r * u * k).sum(-1, keepdim=True) * v, state

        for expected, found in zip(run(wkv, "cpu"), run(kernel, DEVICE), strict=True):
            error = (found.cpu() - expected).abs().max() / expected.abs().max()
            self.assertLess(error.item(), 1e-5)


if __name__ == "__main__":
    unittest.main()
