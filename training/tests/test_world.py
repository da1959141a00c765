"""What is trained for is what is drawn: flow, waits, the optimizer's step."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from training.data import IGNORED, SHAPES, SIDE, THINGS, World, course_targets, flow_targets
from training.muon import orthogonal
from training.tests.toy import make_cache
from training.world.clips import draw_clip
from training.world.render import TRAIN_STYLES, Art
from training.world.scene import MOVES, Sampler


def warped(picture, scale, x, y):
    """The picture before, as the flow says it stands now, and which of its rows and columns were in the frame."""
    middle = (np.arange(SIDE) + 0.5) / SIDE
    columns, rows = (np.floor((middle * scale + shift) * SIDE).astype(int) for shift in (x, y))
    inside = [(index >= 0) & (index < SIDE) for index in (rows, columns)]
    return picture[np.ix_(rows[inside[0]], columns[inside[1]])].astype(float), np.ix_(*inside)


class WorldTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cache = Path(folder.name)
        make_cache(cls.cache)
        cls.art = Art(cls.cache, TRAIN_STYLES)

    def sampler(self, seed):
        return Sampler(seed, len(TRAIN_STYLES), len(self.art.photos), self.art.available)

    def test_flow_takes_the_frame_before_to_the_next(self):
        seen = set()
        for seed in range(60):
            fits = lambda scene: scene.camera in MOVES  # noqa: E731
            scene, pictures, _ = draw_clip(self.sampler(seed), self.art, 8, SIDE, "footage", fits)
            flow = flow_targets(scene, 8, self.art.photos)
            self.assertTrue(np.isnan(flow[0]).all())
            for f in range(1, 8):
                before, now = warped(pictures[f - 1], *flow[f, -1])
                error = np.abs(pictures[f][now] - before).mean()
                still = np.abs(pictures[f][now] - pictures[f - 1][now].astype(float)).mean()
                self.assertLess(error, 0.75 * still + 5, (scene.camera, f))
            seen.add(scene.camera)
        self.assertEqual(seen, set(MOVES))

    def test_flow_follows_things(self):
        fits = lambda scene: scene.things[0].motion == "left"  # noqa: E731
        scene, *_ = draw_clip(self.sampler(1), self.art, 8, SIDE, "one", fits)
        flow = flow_targets(scene, 10, self.art.photos)
        self.assertEqual(flow.shape, (10, THINGS + 1, 3))
        thing = scene.things[0]
        for f in range(1, 8):
            scale, x, y = flow[f + 2, 0]
            self.assertAlmostEqual(thing.x[f] * scale + x, thing.x[f - 1], places=5)
            self.assertAlmostEqual(thing.y[f] * scale + y, thing.y[f - 1], places=5)

    def test_course_counts_the_cuts(self):
        fits = lambda scene: len(scene.shots) == 3  # noqa: E731
        scene, *_ = draw_clip(self.sampler(2), self.art, 12, SIDE, "footage", fits)
        cuts = course_targets(scene, 16)[:, 1]
        self.assertEqual(cuts[:4].tolist(), [IGNORED] * 4)
        starts = [shot.start for shot in scene.shots]
        self.assertEqual([int(np.argmax(cuts[4:] == n)) for n in range(3)], starts)

    def test_a_wait_repeats_one_frame(self):
        world = World(self.cache, None, {}, 0)
        sampler, _ = world.start(2, 0)
        scene, part = world.draw(sampler, SHAPES[-1])
        order, frames = part["order"], SHAPES[-1].frames
        self.assertEqual(len(order), frames + SHAPES[-1].wait)
        self.assertEqual(sorted(set(order.tolist())), list(range(frames)))
        self.assertEqual(np.bincount(order).max(), SHAPES[-1].wait + 1)
        self.assertEqual(int(part["mask"].sum()), scene.frames + SHAPES[-1].wait)
        repeated = np.flatnonzero(np.diff(order) == 0) + 1
        self.assertTrue(np.isnan(part["flow"][repeated]).all())

    def test_batches_depend_on_their_number_alone(self):
        from training.tokenizer import train  # noqa: PLC0415

        tokenizer = train(600)
        prompt = {"memory": {"after": "{question}"}, "sandwich": {"before": "{question}"}, "stop_ids": [0]}
        first, again = (World(self.cache, tokenizer, prompt, 3).batch(5) for _ in range(2))
        self.assertTrue(torch.equal(first["frames"], again["frames"]))
        for ours, theirs in zip(first["branches"], again["branches"], strict=True):
            self.assertTrue(torch.equal(ours["ids"], theirs["ids"]))
            self.assertTrue(((ours["targets"] != IGNORED).sum(1) > 0).all())


class MuonTest(unittest.TestCase):
    def test_the_step_is_nearly_orthogonal(self):
        for shape in ((3, 40, 90), (2, 90, 40)):
            values = torch.linalg.svdvals(orthogonal(torch.randn(shape, generator=torch.Generator().manual_seed(0))))
            self.assertGreater(values.min().item(), 0.3)
            self.assertLess(values.max().item(), 1.4)


if __name__ == "__main__":
    unittest.main()
