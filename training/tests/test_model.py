"""The model for training computes what the reference computes, on the built-in model.

python -m unittest discover -t . training/tests
"""

import unittest
from pathlib import Path

import torch
import torch.nn.functional as F

from training.evaluate import load
from training.model import MIDDLE, fork, wkv
from training.reference import folder
from training.reference import model as reference

NANO = Path(__file__).parents[2] / "public/models/nano"


def relative(ours, theirs):
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


class ModelTest(unittest.TestCase):
    @classmethod
    @torch.inference_mode()
    def setUpClass(cls):
        cls.model, _ = load(NANO)
        cls.config, cls.weights = folder.read_config(NANO), folder.read_weights(NANO)
        generator = torch.Generator().manual_seed(0)
        coarse = torch.randint(0, 256, (5, 3, 13, 13), generator=generator).float()
        cls.frames = F.interpolate(coarse, (96, 96), mode="bilinear").round().byte().permute(0, 2, 3, 1)
        cls.ids = torch.randint(0, 500, (1, 24), generator=generator)
        cls.tokens, cls.visual, cls.shares = cls.model.see(cls.frames)

    @torch.inference_mode()
    def test_encoder_merges_as_the_reference(self):
        for i, frame in enumerate(self.frames):
            pixels = (frame.permute(2, 0, 1).float() / 255 - 0.5) / 0.5
            tokens, sizes = reference.encode(self.weights, self.config, pixels)
            self.assertLess(relative(self.tokens[i], tokens), 1e-5)
            self.assertEqual((self.shares[i] > 0).sum(1).tolist(), sizes.long().tolist())

    def read_all(self):
        rows = torch.cat([self.visual.reshape(1, -1, self.visual.shape[2]), self.model.emb(self.ids)], 1)
        states = reference.zero_state(self.weights, self.config)
        return rows, reference.read(self.weights, states, rows[0]), states

    @torch.inference_mode()
    def test_rnn_reads_as_the_reference(self):
        rows, logits, states = self.read_all()
        _, after = self.model.read(rows[:, :60], self.model.zero_state(1))
        x, after = self.model.read(rows[:, 60:], fork(after, torch.tensor([0])))
        self.assertLess(relative(self.model.logits(x)[0, -1], logits), 1e-4)
        for (att_shift, wkv_state, ffn_shift), theirs in zip(after, states, strict=True):
            self.assertLess(relative(wkv_state[0], theirs.wkv), 1e-4)
            self.assertLess(relative(att_shift[0], theirs.att_shift), 1e-4)
            self.assertLess(relative(ffn_shift[0], theirs.ffn_shift), 1e-4)

    @torch.inference_mode()
    def test_the_middle_is_what_later_blocks_read(self):
        rows, *_ = self.read_all()
        middle, read, blocks = [], [], self.model.blocks
        hooks = [block.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0])) for block in blocks]
        last, _ = self.model.read(rows, self.model.zero_state(1), middle=middle)
        for hook in hooks:
            hook.remove()
        self.assertTrue(torch.equal(middle[0], read[MIDDLE + 1]))
        self.assertFalse(torch.equal(middle[0], last))

    @torch.inference_mode()
    def test_masked_tokens_in_front_leave_no_trace(self):
        rows, logits, _ = self.read_all()
        padded = torch.cat([torch.randn(1, 12, rows.shape[2]), rows], 1)
        mask = torch.cat([torch.zeros(1, 12), torch.ones(rows.shape[:2])], 1)
        x, _ = self.model.read(padded, self.model.zero_state(1), mask)
        self.assertLess(relative(self.model.logits(x)[0, -1], logits), 1e-4)

    def test_chunks_equal_the_loop_and_its_gradient(self):
        generator = torch.Generator().manual_seed(1)
        r, k, v = (torch.randn(2, 32, 3, 8, generator=generator, dtype=torch.float64) for _ in range(3))
        log_w = -torch.rand(2, 32, 3, 8, generator=generator, dtype=torch.float64) * 6
        u, start = torch.randn(3, 8, dtype=torch.float64), torch.randn(2, 3, 8, 8, dtype=torch.float64)
        inputs = [x.requires_grad_() for x in (r, k, v, log_w, u, start)]

        state, rows = start, []
        for t in range(32):
            new = k[:, t, :, :, None] * v[:, t, :, None]
            rows.append((r[:, t, :, None] @ (state + u[..., None] * new))[:, :, 0])
            state = log_w[:, t].exp()[..., None] * state + new
        theirs = torch.stack(rows, 1)
        ours, last = wkv(*[x.float() for x in inputs])
        self.assertLess(relative(ours, theirs), 1e-5)
        self.assertLess(relative(last, state), 1e-5)
        weights = torch.randn(theirs.shape, generator=generator)
        exact = torch.autograd.grad((theirs * weights).sum(), inputs)
        found = torch.autograd.grad((ours * weights).sum(), inputs)
        for a, b in zip(found, exact, strict=True):
            self.assertLess(relative(a, b), 1e-4)


if __name__ == "__main__":
    unittest.main()
