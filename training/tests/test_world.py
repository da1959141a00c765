"""What is trained for is what is drawn: acts, cuts, waits; the optimizer's step."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from training.data import (
    ACTS,
    IGNORED,
    RESTS,
    SHAPES,
    SIDE,
    THINGS,
    World,
    act_targets,
    course_targets,
    windows,
)
from training.heads import find_before, patch_centres
from training.muon import orthogonal
from training.tests.toy import make_cache
from training.train import WAITING_LAYERS, forgotten
from training.world.clips import draw_clip
from training.world.questions import NOT_SURE, Asker
from training.world.render import (
    LEAST_DETAIL,
    TRAIN_STYLES,
    TWINS,
    Art,
    draw_shot,
    least_detail,
    read_photos,
    render,
)
from training.world.scene import MOVES, Sampler, Shot

WITH_WORDS = 2  # a batch with questions
WAIT = next(shape for shape in SHAPES if shape.wait)


def pixel(frame, place):
    """The pixel [3] of a frame [S, S, 3] at a place (x, y) between 0 and 1."""
    x, y = (int(edge * SIDE) for edge in place)
    return frame[y, x].astype(np.float32)


class WorldTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.cache = Path(folder.name)
        make_cache(cls.cache)
        cls.art = Art(cls.cache, TRAIN_STYLES)

    def sampler(self, seed):
        photos, cutouts = len(self.art.photos), len(self.art.cutouts)
        return Sampler(seed, len(TRAIN_STYLES), photos, self.art.available, cutouts=cutouts)

    def test_the_camera_goes_where_it_is_said_to_go(self):
        """What was in the middle of the frame stands on the other side of it afterwards, or has grown or shrunk."""
        seen = set()
        for seed in range(40):
            scene, *_ = draw_clip(self.sampler(seed), self.art, 8, SIDE, "camera")
            left, top, side = scene.shots[0].boxes.T
            if scene.camera == "none":
                continue
            along = {"pans": left, "tilts": top, "zooms": -side}[scene.camera.split()[0]]
            towards = 1 if scene.camera.split()[1] in ("right", "down", "in") else -1
            self.assertGreater(towards * (along[-1] - along[0]), 0.05)
            seen.add(scene.camera)
            acts = act_targets(scene, 10)[:, -1, 0]
            self.assertEqual(acts.tolist(), [IGNORED] * 3 + [ACTS.index(scene.camera)] * 7)
        self.assertEqual(seen, set(MOVES))

    def test_a_mirrored_photograph_goes_by_the_same_way(self):
        photo = self.art.photos[0]
        shown = photo.height / SIDE  # pixels of the photograph in one of the picture
        step = 12 * shown / (photo.width - photo.height / 2)
        boxes = np.array([[0.1, 0.5, 0.5], [0.1 + step / 2, 0.5, 0.5]])
        for flip in (False, True):
            before, after = (draw_shot(self.art, Shot(0, 0, boxes, (0, 1, 2), flip), f, SIDE) for f in (0, 1))
            moved = np.abs(after[:, :-12] - before[:, 12:]).mean()
            self.assertLess(moved, 0.2 * np.abs(after[:, 12:] - before[:, :-12]).mean())

    def test_pictures_over_which_a_move_would_not_be_seen_are_left_out(self):
        noise = np.random.default_rng(0).integers(0, 256, (160, 320, 3), np.uint8)
        half_plain = noise.copy()
        half_plain[:, 140:] = 90
        stripes = [np.broadcast_to(lines, noise.shape) for lines in (noise[:1], noise[:, :1])]
        for pixels in (half_plain, *stripes):
            self.assertEqual(least_detail(Image.fromarray(pixels)), 0)
        self.assertGreater(least_detail(Image.fromarray(noise)), LEAST_DETAIL)
        with tempfile.TemporaryDirectory() as folder:
            cache = Path(folder)
            make_cache(cache)
            before = {use: len(read_photos(cache, use)) for use in ("train", "test")}
            Image.fromarray(half_plain).save(cache / "photos/00.jpg")
            for name in ("02.jpg", "07.jpg"):  # of those for suites
                (cache / "photos" / name).rename(cache / "photos" / f"{name[:2]}-{TWINS[0]}.jpg")
            after = {use: len(read_photos(cache, use)) for use in ("train", "test")}
        self.assertEqual(after, {"train": before["train"] - 1, "test": before["test"] - 2})

    def test_strangers_stay_where_they_are_in_the_picture(self):
        """Under a camera that moves, one that rests is drawn where the window on the picture has it."""
        frames_looked_at = 0
        for seed in range(150):
            scene = self.sampler(seed).scene(8, "live")
            resting = [s for s in scene.strangers if not s.moves]
            if scene.camera in ("none", "cuts") or not resting:
                continue
            stranger = resting[0]
            scene.strangers, scene.noise, scene.flicker = [stranger], 0.0, None
            _, owners = render(self.art, scene, SIDE, np.random.default_rng(0))
            _, left, top, side = windows(self.art, scene, 8)[:, -1].T
            x, y = ((edge[0] + at * side[0] - edge) / side for edge, at in ((left, stranger.x), (top, stranger.y)))
            half = stranger.size * side[0] / side / 2
            for f in np.flatnonzero((half > 0.15) & (np.minimum(x, y) > half) & (np.maximum(x, y) < 1 - half)):
                there = np.argwhere((owners[f] == -2).reshape(8, 8)).mean(0)
                self.assertLess(np.hypot(*((there + 0.5) / 8 - (y[f], x[f]))), 0.1)
                frames_looked_at += 1
        self.assertGreater(frames_looked_at, 10)

    def test_what_strangers_do_is_told_and_their_names_are_not(self):
        told = set()
        for seed in range(60):
            scene, *_ = draw_clip(self.sampler(seed), self.art, 8, SIDE, "live")
            self.assertTrue(scene.strangers)
            asked = Asker(np.random.default_rng(seed), plain=True).questions(scene)
            said = {q.answer for q in asked}
            self.assertTrue({q.answer for q in asked if q.type in ("list", "exist", "where", "count")} <= {NOT_SURE})
            if scene.camera == "none":
                self.assertIn("Something moves." if scene.alive else "Nothing moves.", said)
                self.assertIn("The camera does not move.", said)
            told |= {scene.camera if scene.camera in ("none", "cuts") else "moves"}
        self.assertEqual(told, {"none", "cuts", "moves"})

    def test_suites_have_no_strangers_beside_things(self):
        for seed in range(30):
            self.assertEqual(self.sampler(seed).scene(8, "one").strangers, [])

    def test_what_a_token_shows_is_found_in_the_frame_before(self):
        """The picture around a point is the picture around the place said to be its place before."""
        near = far = 0
        for seed in range(12):
            scene = self.sampler(seed).scene(8, "camera")
            if scene.camera == "none":
                continue
            scene.noise = 0.0
            frames, _ = render(self.art, scene, SIDE, np.random.default_rng(0))
            before = self.before(scene, np.full((8, 64), -1))
            self.assertTrue(before.known.any())
            for f, i in before.known[0].nonzero().tolist():
                centre = patch_centres(before.moved)[i].numpy()
                now, was, same = (
                    pixel(frames[at], place)
                    for at, place in ((f + 1, centre), (f, centre + before.moved[0, f, i].numpy()), (f, centre))
                )
                near, far = near + np.abs(now - was).mean(), far + np.abs(now - same).mean()
        self.assertLess(near, 0.4 * far)

    def before(self, scene, owners, shares=None):
        """`Before` of a clip, of single patches unless `shares` [F, M, P] are given."""
        shares = torch.eye(64).expand(len(owners), -1, -1) if shares is None else shares
        told = torch.from_numpy(windows(self.art, scene, len(owners)))
        return find_before(shares[None], torch.from_numpy(owners)[None], told[None])

    def test_a_thing_that_grows_is_found_too(self):
        fits = lambda scene: scene.things[0].change == "grows"  # noqa: E731
        scene, _, owners = draw_clip(self.sampler(4), self.art, 8, SIDE, "one", fits)
        before, thing = self.before(scene, owners), scene.things[0]
        for f, patch in np.argwhere(owners[1:] == 0):
            place = (np.array((patch % 8, patch // 8)) + 0.5) / 8
            middle = np.array((thing.x[f], thing.y[f]))
            was = middle + (place - (thing.x[f + 1], thing.y[f + 1])) * thing.size[f] / thing.size[f + 1]
            np.testing.assert_allclose(place + before.moved[0, f, patch].numpy(), was, atol=1e-5)

    def test_merged_tokens_are_found_by_their_patches(self):
        rng = np.random.default_rng(0)
        fits = lambda scene: scene.camera in MOVES  # noqa: E731
        scene, _, owners = draw_clip(self.sampler(6), self.art, 8, SIDE, "live", fits)
        members = torch.nn.functional.one_hot(torch.from_numpy(rng.permuted(np.arange(64) % 12)), 12).T.float()
        shares = (members / members.sum(1, keepdim=True)).expand(8, -1, -1)
        single, merged = self.before(scene, owners), self.before(scene, owners, shares)
        torch.testing.assert_close(merged.matches, shares[1:] @ single.matches @ members.T)
        self.assertLess(merged.matches.sum(-1).max(), 1.001)
        self.assertGreater(single.matches[single.known].sum(-1).mean(), 0.5)
        self.assertFalse(single.known[0][torch.from_numpy(owners[1:] == -2)].any())

    def test_acts_are_what_things_do(self):
        for seed in range(20):
            scene, *_ = draw_clip(self.sampler(seed), self.art, 8, SIDE, "two")
            acts = act_targets(scene, 8)
            self.assertEqual(acts.shape, (8, THINGS + 1, 1))
            for i, thing in enumerate(scene.things):
                act = ACTS[acts[-1, i, 0]]
                x, y, size = (part[-1] - part[0] for part in (thing.x, thing.y, thing.size))
                moved = {"left": -x, "right": x, "up": -y, "down": y, "grows": size, "shrinks": -size}
                self.assertEqual(act, "same" if max(map(abs, (x, y, size))) < 1e-6 else max(moved, key=moved.get))

    def test_course_counts_the_cuts(self):
        fits = lambda scene: len(scene.shots) == 3  # noqa: E731
        scene, *_ = draw_clip(self.sampler(2), self.art, 12, SIDE, "footage", fits)
        cuts = course_targets(scene, 16)[:, 1]
        self.assertEqual(cuts[:4].tolist(), [IGNORED] * 4)
        starts = [shot.start for shot in scene.shots]
        self.assertEqual([int(np.argmax(cuts[4:] == n)) for n in range(3)], starts)

    def test_a_wait_repeats_one_picture(self):
        """One of the clip's, or some of its own after it, of which nothing is told."""
        world = World(self.cache, None, {}, 0)
        for pause, rests in ((WAIT.frames - 2, 1), (WAIT.frames, 1), (WAIT.frames, RESTS)):
            sampler, _ = world.start(2, pause)
            scene, part = world.draw(sampler, WAIT, pause, rests)
            order, own = part["order"], rests if pause == WAIT.frames else 0
            self.assertEqual(len(order), WAIT.frames + WAIT.wait)
            self.assertEqual(sorted(set(order.tolist())), list(range(WAIT.frames + own)))
            self.assertEqual((np.diff(order[WAIT.frames - 2 :]) >= 0).all(), True)
            self.assertEqual(np.bincount(order)[pause : pause + rests].sum(), WAIT.wait + (not own))
            self.assertEqual(int(part["mask"].sum()), scene.frames + WAIT.wait)
            repeats = np.flatnonzero(order[1:] == order[:-1]) + 1
            self.assertEqual(len(repeats), WAIT.wait - own)
            self.assertTrue((part["course"][repeats, -1] == 0).all())
            self.assertEqual((part["targets"][-1] == IGNORED).all(), True)

    def test_steps_are_what_became_of_the_picture(self):
        for kind in ("one", "appear", "sequence", "footage", "camera", "live"):
            for seed in range(6):
                scene = self.sampler(seed).scene(8, kind)
                scene.noise, scene.flicker = 0.0, None
                frames, _ = render(self.art, scene, SIDE, np.random.default_rng(0))
                steps = course_targets(scene, 8)[1:, -1]
                changed = (frames[1:] != frames[:-1]).any((1, 2, 3))
                self.assertEqual((steps[changed] > 0).all(), True)  # a step of less than a pixel may not be seen
                cuts = [shot.start for shot in scene.shots[1:]]
                self.assertEqual((np.flatnonzero(steps == 2) + 1).tolist(), cuts)

    def test_forgotten_is_what_a_pause_changes(self):
        states = [(None, torch.randn(2, 3, 4, 4), None) for _ in range(5)]
        changed = [(None, 3 * s, None) for _, s, _ in states]
        self.assertEqual(forgotten(states, states).item(), 0)
        self.assertGreater(forgotten(states, changed).item(), 0.8)
        below = WAITING_LAYERS.start
        self.assertEqual(forgotten(states, changed[:below] + states[below:]).item(), 0)

    def test_batches_depend_on_their_number_alone(self):
        from training.tokenizer import train  # noqa: PLC0415

        tokenizer = train(600)
        prompt = {"memory": {"after": "{question}"}, "sandwich": {"before": "{question}"}, "stop_ids": [0]}
        first, again = (World(self.cache, tokenizer, prompt, 3).batch(WITH_WORDS) for _ in range(2))
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
