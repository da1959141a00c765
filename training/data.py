"""Batches of fixed shapes: clips, dense targets of their patches, and questions as tokens.

Every batch is drawn from (seed, stage, its number) alone, so a run can be resumed and repeated.
"""

from dataclasses import dataclass

import numpy as np
import torch

from training.world.clips import draw_clip
from training.world.questions import Asker, Question
from training.world.render import TRAIN_STYLES, Art
from training.world.scene import Sampler
from training.world.vocabulary import COLOURS, LABELS

SIDE = 96
# Tokens of a branch with one question, of one with several, and of the question in front of a sandwich.
SHORT, LONG, PREFIX = 24, 48, 16
POSITIONS, SIZES = 8, 6
STILLS, STILL_BATCHES = 32, 2  # scenes of three pictures in a batch, and such batches beside one of clips
THINGS = 9  # most in a scene
IGNORED = -100
CAMERA = ("none", "pans left", "pans right", "tilts up", "tilts down", "zooms in", "zooms out")
CUTS = 3  # most in a clip

# Frames of a clip: (clips in a batch, short branches of each clip, long ones). Clips with fewer frames start later in
# the sequence, as the mask says.
SHAPES = {8: (12, 4, 2), 16: (6, 8, 4)}
FEWER = {8: (4, 4, 6, 7, 8, 8, 8, 8, 8), 16: (10, 12, 14, 16, 16)}
LONG_CLIPS = 0.27  # share of batches with up to 16 frames
SANDWICHES = 0.22  # share of full clips with a question before the frames too
TYPE_WEIGHTS = {"exist": 1.4, "list": 1.5, "motion": 1.6, "where": 1.4, "count": 2.0, "relation": 1.5, "camera": 1.8}
TYPE_WEIGHTS |= {"when": 2.5, "appear": 2.0, "order": 2.0, "background": 0.5, "unsure": 0.5, "dominant": 0.8}
TYPE_WEIGHTS |= {"caption": 0.7, "cut": 0.8}


@dataclass
class Encoded:
    """A question's tokens: what stands in the prompt, and the answer with its end."""

    asked: Question
    prompt: list
    answer: list

    @property
    def type(self):
        return self.asked.type


class Encoder:
    """Questions → tokens, with a memory for texts."""

    def __init__(self, tokenizer, prompt):
        self.tokenizer, self.prompt, self.known = tokenizer, prompt, {}

    def ids(self, text):
        if text not in self.known:
            if len(self.known) > 200_000:
                self.known.clear()
            self.known[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self.known[text]

    def encode(self, asked):
        prompt = self.ids(self.prompt["memory"]["after"].replace("{question}", asked.question))
        return Encoded(asked, prompt, [*self.ids(f" {asked.answer}"), *self.prompt["stop_ids"]])

    def prefix(self, asked):
        return self.ids(self.prompt["sandwich"]["before"].replace("{question}", asked.question))


def balanced(rng, questions):
    """The questions in random order, each type as often as its weight asks."""
    left = {}
    for asked in questions:
        left.setdefault(asked.type, []).append(asked)
    while left:
        names = list(left)
        weights = np.array([TYPE_WEIGHTS.get(name, 1.0) for name in names])
        name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
        items = left[name]
        yield items.pop(int(rng.integers(len(items))))
        if not items:
            del left[name]


def branch(turns, length):
    """Turns in a row → ids [length] and targets [length] (IGNORED but at answers), shifted by one."""
    ids, targets = [], []
    for turn in turns:
        ids += turn.prompt + turn.answer
        targets += [IGNORED] * (len(turn.prompt) - 1) + turn.answer + [IGNORED]
    assert len(ids) <= length, (len(ids), length)
    space = length - len(ids)
    return ids + [0] * space, targets + [IGNORED] * space


def long_branch(rng, items):
    """Several turns while they fit, or one answer that is too long for a short branch."""
    turns, used = [], 0
    for turn in items:
        length = len(turn.prompt) + len(turn.answer)
        if used + length <= LONG:
            turns.append(turn)
            used += length
        if len(turns) == 3 or used > LONG - 12:
            break
        if turns and length > SHORT and rng.random() < 0.5:
            break
    return turns


def bins(values, count, low=0.0, high=1.0):
    return np.clip(((values - low) / (high - low) * count).astype(np.int64), 0, count - 1)


def dense_targets(scene, frames):
    """What the things of a scene are and where: int64 [frames, THINGS + 1, 5], the last row for "nothing".

    Columns: label, colour, bins of x, y and size. Position and size are IGNORED for nothing; clips with fewer frames
    fill the last rows.
    """
    out = np.full((frames, THINGS + 1, 5), IGNORED, np.int64)
    out[:, -1, 0], out[:, -1, 1] = len(LABELS), len(COLOURS)
    for i, thing in enumerate(scene.things):
        colour = list(COLOURS).index(thing.colour) if thing.colour else len(COLOURS)
        rows = out[frames - scene.frames :, i]
        rows[:, 0], rows[:, 1] = LABELS.index(thing.label), colour
        rows[:, 2], rows[:, 3] = bins(thing.x, POSITIONS), bins(thing.y, POSITIONS)
        rows[:, 4] = bins(thing.size, SIZES, 0.14, 0.46)
    return out


def course_targets(scene, frames):
    """What the camera has done up to each frame: int64 [frames, 2], its move among CAMERA and cuts so far."""
    out = np.full((frames, 2), IGNORED, np.int64)
    rows = out[frames - scene.frames :]
    if scene.kind == "footage" and scene.camera in CAMERA:
        rows[1:, 0] = CAMERA.index(scene.camera)
    if scene.kind == "footage" and scene.light is None:
        starts = np.array([shot.start for shot in scene.shots[1:]])
        rows[:, 1] = (np.arange(scene.frames)[:, None] >= starts).sum(1)
    return out


class World:
    """Draws batches; one for each worker process."""

    def __init__(self, cache, tokenizer, prompt, seed):
        self.art = Art(cache, TRAIN_STYLES)
        self.encoder = Encoder(tokenizer, prompt)
        self.seed = seed

    def start(self, *key):
        sampler = Sampler((self.seed, *key), len(TRAIN_STYLES), len(self.art.photos), self.art.available)
        return sampler, Asker(sampler.rng)

    def draw(self, sampler, frames, kind=None):
        """A scene, its frames and owners in the last rows of `frames`, and the mask of rows in use."""
        scene, pictures, owners = draw_clip(sampler, self.art, int(sampler.rng.choice(FEWER[frames])), SIDE, kind)
        first = frames - scene.frames
        video = np.zeros((frames, SIDE, SIDE, 3), np.uint8)
        owner = np.full((frames, owners.shape[1]), -1, np.int8)
        video[first:], owner[first:] = pictures, owners
        mask = (np.arange(frames) >= first).astype(np.float32)
        return scene, {"frames": video, "owners": owner, "mask": mask} | {
            "targets": dense_targets(scene, frames),
            "course": course_targets(scene, frames),
        }

    def still_batch(self, number, stage=1, scenes=STILLS, frames=3):
        """For the dense heads alone: frames and targets of scenes with things, and some footage."""
        sampler, _ = self.start(stage, number)
        parts = []
        for _ in range(scenes):
            kind = str(sampler.rng.choice(["one", "two", "count", "footage"], p=[0.25, 0.45, 0.2, 0.1]))
            frames_here = 4 if kind == "footage" else frames
            scene, pictures, owners = draw_clip(sampler, self.art, frames_here, SIDE, kind)
            targets = dense_targets(scene, frames_here)
            parts.append((pictures[:frames], owners[:frames], targets[:frames]))
        names = ("frames", "owners", "targets")
        return collate([dict(zip(names, part, strict=True)) for part in parts])

    def batch(self, number):
        """For the stage with language: `short` and `long` hold ids and targets [branches, tokens] and their clips.

        `stills` go through the encoder only: naming things needs more pictures than clips can bring.
        """
        sampler, asker = self.start(2, number)
        frames = 16 if sampler.rng.random() < LONG_CLIPS else 8
        clips, shorts, longs = SHAPES[frames]
        parts, branches = [], {"short": [], "long": []}
        for clip in range(clips):
            scene, part = self.draw(sampler, frames)
            short, long, first = self.branches(sampler.rng, asker, scene, shorts, longs)
            parts.append(part | self.prefix(sampler.rng, first, part["mask"].all()))
            branches["short"] += [(clip, *rest) for rest in short]
            branches["long"] += [(clip, *rest) for rest in long]
        stills = {"stills": [self.still_batch(STILL_BATCHES * number + i, stage=3) for i in range(STILL_BATCHES)]}
        return collate(parts) | stills | {name: pack(rows) for name, rows in branches.items()}

    def prefix(self, rng, first, full):
        """PREFIX tokens in front of the frames: the first question in a sandwich, else nothing but mask.

        Only where the frames follow without a gap, since a gap would age what was read before it.
        """
        ids = self.encoder.prefix(first) if full and rng.random() < SANDWICHES else []
        ids = ids if len(ids) <= PREFIX else []
        space = PREFIX - len(ids)
        mask = (np.arange(PREFIX) >= space).astype(np.float32)
        return {"prefix": np.array([0] * space + ids, np.int64), "prefix_mask": mask}

    def branches(self, rng, asker, scene, shorts, longs):
        """Branches of one clip as (type, ids, targets), one question each and longer ones; and the first question."""
        short, long, first = [], [], None
        queue = []
        while len(short) < shorts or len(long) < longs:
            if not queue:
                queue = [self.encoder.encode(q) for q in balanced(rng, asker.questions(scene))]
                queue = [q for q in queue if len(q.prompt) + len(q.answer) <= LONG]
            fits = len(queue[0].prompt) + len(queue[0].answer) <= SHORT
            if fits and len(short) < shorts:
                turn = queue.pop(0)
                first = first or turn.asked
                short.append((turn.type, *branch([turn], SHORT)))
            elif len(long) < longs:
                turns = long_branch(rng, queue[:6])
                queue = queue[6:]
                long.append((turns[0].type, *branch(turns, LONG)))
            else:
                queue.pop(0)
        return short, long, first


def collate(parts):
    return {name: torch.from_numpy(np.stack([part[name] for part in parts])) for name in parts[0]}


def pack(rows):
    clips, types, ids, targets = zip(*rows, strict=True)
    return {
        "clip": torch.tensor(clips),
        "types": list(types),
        "ids": torch.tensor(ids),
        "targets": torch.tensor(targets),
    }


class Batches(torch.utils.data.IterableDataset):
    """Batches `first`, `first` + 1, … of a stage; the workers take turns."""

    def __init__(self, make_world, stage, first, stride=1):
        self.make_world, self.stage, self.first, self.stride = make_world, stage, first, stride

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        offset, step = (worker.id, worker.num_workers) if worker else (0, 1)
        world = self.make_world()
        number = self.first + offset * self.stride
        while True:
            yield world.batch(number) if self.stage == "language" else world.still_batch(number)
            number += step * self.stride
