"""Batches of fixed shapes: clips, dense targets of their patches, and questions as tokens.

Every batch is drawn from (seed, stage, its number) alone, so a run can be resumed and repeated.
"""

import itertools
from dataclasses import dataclass, field

import numpy as np
import torch

from training.model import CHUNK
from training.world.clips import draw_clip
from training.world.questions import THIRDS, Asker, Question
from training.world.render import (
    MORE_STYLES,
    SEEN_DETAIL,
    TRAIN_STYLES,
    Art,
    render,
    shot_at,
    shown_part,
)
from training.world.scene import DIRECTIONS, MOVES, Sampler
from training.world.vocabulary import COLOURS, LABELS

SIDE = 96
# Most tokens of a branch with one question, of one with several, and of the question in front of a sandwich.
SHORT, LONG, PREFIX = 24, 48, 16
GROUPS = 3  # of branches by length
POSITIONS, SIZES = 8, 6
STILLS, STILLS_BESIDE = 72, 24  # pictures in a batch of them, and beside one of clips
STILL_KINDS = {"mosaic": 0.82, "one": 0.05, "count": 0.05, "footage": 0.03, "live": 0.05}
PAIRS, APART = 32, (1, 1, 2, 3)  # near pictures of one shot, beside a batch of single ones, and how near
PAIR_KINDS = {"camera": 0.65, "live": 0.35}
THINGS = 9  # most in a scene
IGNORED = -100
CAMERA = ("none", *MOVES)
# What a token's thing does, or the camera behind it.
ACTS = ("same", *DIRECTIONS, "grows", "shrinks", *CAMERA)
# What the RNN should know after each frame, and among how many: the camera's move, cuts so far, frames seen before, in
# which third of the clip so far something first changed, things in the picture; and whether the picture is as before,
# changed, or a new one.
COURSES = {"camera": len(CAMERA), "cuts": 4, "clock": 16, "moment": 3, "shown": THINGS + 1, "step": 3}


TYPE_WEIGHTS = {"exist": 1.4, "list": 1.5, "motion": 2.0, "where": 1.6, "count": 2.0, "relation": 1.5, "camera": 2.6}
TYPE_WEIGHTS |= {"when": 2.5, "appear": 2.0, "order": 2.5, "background": 0.4, "unsure": 0.6, "dominant": 0.8}
TYPE_WEIGHTS |= {"caption": 1.2, "cut": 0.7, "shots": 3.0, "size": 1.3}
# What can be asked of a picture, where a clip has hardly a second frame.
NAMING = {"list": 4.0, "exist": 2.0, "color": 1.0, "count": 2.0, "relation": 1.0}

# Against what suites have, more of what is hardest to learn: two things, moving cameras.
CLIP_KINDS = {"one": 0.14, "two": 0.25, "sequence": 0.12, "count": 0.09, "appear": 0.1}
CLIP_KINDS |= {"footage": 0.12, "camera": 0.09, "live": 0.09}
RESTS = 4  # pictures that follow one another in a wait, where it is not one
WAITING = {"one": 0.2, "two": 0.2, "sequence": 0.2, "count": 0.2, "appear": 0.2}
NAMED = {"one": 0.3, "two": 0.5, "count": 0.2}
MOVING = {"one": 0.08, "two": 0.2, "camera": 0.42, "footage": 0.1, "live": 0.2}


@dataclass(frozen=True)
class Shape:
    """A batch's: most frames of a clip, clips, short and long branches of a clip, and shares of kinds of scenes."""

    frames: int
    clips: int
    shorts: int
    longs: int
    lengths: tuple  # of clips; shorter ones start later in the sequence, as the mask says
    wait: int = 0  # frames for which a picture stands still, so that the RNN learns to keep what it saw
    kinds: dict = field(default_factory=lambda: CLIP_KINDS)
    weights: dict = field(default_factory=lambda: TYPE_WEIGHTS)  # of types of questions
    others: float = 1.0  # weight of all other types


SHAPES = (
    Shape(8, 12, 4, 2, (4, 4, 6, 7, 8, 8, 8, 8, 8)),
    Shape(16, 6, 8, 4, (10, 12, 14, 16, 16)),
    Shape(8, 4, 4, 2, (4, 6, 8, 8), wait=64, kinds=WAITING),
    Shape(8, 2, 6, 3, (4, 6, 8, 8), wait=240, kinds=WAITING),
    Shape(8, 12, 0, 0, (6, 8, 8), kinds=MOVING),  # for the dense heads alone: many clips at little cost
    Shape(2, 24, 4, 1, (1, 2), kinds=NAMED, weights=NAMING, others=0.0),  # words for things
)
SHARES = (0.31, 0.12, 0.06, 0.04, 0.27, 0.2)  # of the batches
# Types of questions whose answers a wait, or the picture in it, would change.
FLEETING = {"when", "still", "cut", "camera", "dominant", "brightness", "background", "caption", "fade", "shots"}
SANDWICHES = 0.22  # share of full clips with a question before the frames too


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


def balanced(rng, questions, shape):
    """The questions in random order, each type as often as its weight asks; without those of weight 0."""
    left = {}
    for asked in questions:
        if shape.weights.get(asked.type, shape.others) > 0:
            left.setdefault(asked.type, []).append(asked)
    while left:
        names = list(left)
        weights = np.array([shape.weights.get(name, shape.others) for name in names])
        name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
        items = left[name]
        yield items.pop(int(rng.integers(len(items))))
        if not items:
            del left[name]


def branch(turns):
    """Turns in a row → ids and targets (IGNORED but at answers), shifted by one."""
    ids, targets = [], []
    for turn in turns:
        ids += turn.prompt + turn.answer
        targets += [IGNORED] * (len(turn.prompt) - 1) + turn.answer + [IGNORED]
    return ids, targets


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
    if not any(shot.collage for shot in scene.shots):
        out[:, -1, 0], out[:, -1, 1] = len(LABELS), len(COLOURS)
    for i, thing in enumerate(scene.things):
        colour = list(COLOURS).index(thing.colour) if thing.colour else len(COLOURS)
        rows = out[frames - scene.frames :, i]
        rows[:, 0], rows[:, 1] = LABELS.index(thing.label), colour
        rows[:, 2], rows[:, 3] = bins(thing.x, POSITIONS), bins(thing.y, POSITIONS)
        rows[:, 4] = bins(thing.size, SIZES, 0.14, 0.46)
    return out


def course_targets(scene, frames):
    """What could be told up to each frame: int64 [frames, len(COURSES)], IGNORED where that is not asked."""
    out = np.full((frames, len(COURSES)), IGNORED, np.int64)
    rows = out[frames - scene.frames :]
    clock = np.arange(scene.frames)
    rows[:, 2] = np.minimum(clock, COURSES["clock"] - 1)
    if scene.kind != "footage":
        rows[:, 4] = sum(thing.shown.astype(np.int64) for thing in scene.things)
    elif scene.camera in CAMERA:
        rows[1:, 0] = CAMERA.index(scene.camera)
    if scene.kind == "footage" and scene.light is None:
        starts = np.array([shot.start for shot in scene.shots[1:]])
        rows[:, 1] = (clock[:, None] >= starts).sum(1)
    rows[1:, 5] = steps(scene)[1:]
    event = first_event(scene)
    if event is not None:
        share = event / (clock[event:] + 1)
        rows[event:, 3] = np.digitize(share, THIRDS)
    return out


def steps(scene):
    """What became of the picture in each frame: 0 as the one before (but for noise), 1 changed, 2 a new shot."""
    tracks = [np.stack([t.shown, t.shown * t.x, t.shown * t.y, t.shown * t.size], 1) for t in scene.things]
    tracks += [np.stack([s.shown, s.shown * s.x, s.shown * s.y, s.shown * s.size], 1) for s in scene.strangers]
    tracks += [np.stack([scene.light, scene.haze], 1)] if scene.light is not None else []
    for shot, until in itertools.zip_longest(scene.shots, [shot.start for shot in scene.shots[1:]]):
        boxes = np.zeros_like(shot.boxes)
        boxes[shot.start : until] = shot.boxes[shot.start : until]
        tracks.append(boxes)
    out = np.zeros(scene.frames, np.int64)
    for track in tracks:
        out[1:] |= (track[1:] != track[:-1]).any(1)
    out[[shot.start for shot in scene.shots]] = 2
    return out


def windows(art, scene, frames):
    """Where things, and last the ground, stand in each frame: f32 [frames, THINGS + 1, 4], as windows on them.

    A window's number (−1: not to be found), left, top and side: those of the picture behind, in heights of it; for a
    thing, a frame as seen in a system of its centre and size. The point p of a frame is left + p · side in it.
    """
    out = np.full((frames, THINGS + 1, 4), -1, np.float32)
    rows = out[frames - scene.frames :]
    for f, row in enumerate(rows):
        shot = shot_at(scene, f)
        if shot is not None:
            height = (art.collages if shot.collage else art.photos)[shot.photo].height
            row[-1] = (shot.start, *np.divide(shown_part(art, shot, f), height))
    if scene.kind != "count":  # copies are mistaken for one another
        for i, thing in enumerate(scene.things):
            window = np.stack([0 * thing.x, -thing.x / thing.size, -thing.y / thing.size, 1 / thing.size], 1)
            rows[thing.shown, i] = window[thing.shown]
    return out


def and_ignored(table, rows):
    """Rows [F, …] and some more, for pictures that nothing is told of."""
    return np.concatenate([table, np.full((rows, *table.shape[1:]), IGNORED)])


def first_event(scene):
    """The frame of the first cut, or of the one arrival or departure; None where no time is asked for."""
    if len(scene.shots) > 1:
        return scene.shots[1].start
    if scene.kind != "appear":
        return None
    shown = scene.things[1].shown
    return int(np.argmax(shown != shown[0]))


def act_targets(scene, frames):
    """What each thing does, and last what the camera does: int64 [frames, THINGS + 1, 1], indices of ACTS.

    IGNORED in the first frame, for plain backgrounds, and for copies, which are never asked about.
    """
    out = np.full((frames, THINGS + 1, 1), IGNORED, np.int64)
    rows = out[frames - scene.frames :]
    if scene.kind != "count":
        for i, thing in enumerate(scene.things):
            rows[1:, i] = ACTS.index(thing.motion if thing.motion != "still" else thing.change)
    if scene.kind == "footage" and scene.camera in CAMERA:
        rows[1:, -1] = ACTS.index(scene.camera)
    return out


class World:
    """Draws batches; one for each worker process."""

    def __init__(self, cache, tokenizer, prompt, seed):
        self.art = Art(cache, (*TRAIN_STYLES, *MORE_STYLES), detail=SEEN_DETAIL)
        self.encoder = Encoder(tokenizer, prompt)
        self.seed = seed

    def start(self, *key):
        sampler = Sampler(
            (self.seed, *key),
            len(self.art.available),
            len(self.art.photos),
            self.art.available,
            collages=len(self.art.collages),
            cutouts=len(self.art.cutouts),
            strange=True,
        )
        return sampler, Asker(sampler.rng)

    def draw(self, sampler, shape, pause=None, rests=1):
        """A scene, its frames and owners in the last rows, what can be told of them, and the mask of rows in use.

        `order` says which frame stands at each place [F + wait] of the sequence; `pause` is the one that waits, one of
        the clip's or, at its end, a picture of its own, or several.
        """
        rng, frames = sampler.rng, shape.frames
        kind = str(rng.choice(list(shape.kinds), p=list(shape.kinds.values())))
        scene, pictures, owners = draw_clip(sampler, self.art, int(rng.choice(shape.lengths)), SIDE, kind)
        first = frames - scene.frames
        video = np.zeros((frames, SIDE, SIDE, 3), np.uint8)
        owner = np.full((frames, owners.shape[1]), -1, np.int8)
        video[first:], owner[first:] = pictures, owners
        order = np.arange(frames)
        targets, course, acts = (told(scene, frames) for told in (dense_targets, course_targets, act_targets))
        if shape.wait:
            video = np.concatenate([video, *(self.pause_picture(sampler, rests) for _ in range(rests))])
            owner = np.concatenate([owner, np.full((rests, owner.shape[1]), -1, np.int8)])
            order = np.insert(np.arange(frames), pause, pause + np.sort(rng.integers(rests, size=shape.wait)))
            course, acts, targets = (and_ignored(told, rests) for told in (course, acts, targets))
            course, acts = course[order], acts[order]
            course[:, : list(COURSES).index("step")] = IGNORED
            course[1:, -1][order[1:] == order[:-1]] = 0
        mask = (order >= first).astype(np.float32)
        window = windows(self.art, scene, frames)
        window = np.concatenate([window, np.full((len(video) - frames, *window.shape[1:]), -1, np.float32)])
        return scene, {"frames": video, "owners": owner, "mask": mask, "order": order} | {
            "windows": window,
            "targets": targets,
            "course": course,
            "acts": acts,
        }

    def pause_picture(self, sampler, rests):
        """A picture to wait on, uint8 [1, S, S, 3]: a plain colour, or, mostly where there are several, a photograph."""
        rng = sampler.rng
        if rng.random() < (0.3 if rests == 1 else 0.8):
            scene = sampler.scene(1, "camera")
            return render(self.art, scene, SIDE, rng)[0]
        shade = rng.integers(0, 256, 3) if rng.random() < 0.5 else rng.integers(0, 256)
        return np.broadcast_to(np.uint8(shade), (1, SIDE, SIDE, 3))

    def still_batch(self, number, stage=1, pictures=STILLS):
        """For the dense heads alone: single pictures of many things, and some of other kinds."""
        sampler, _ = self.start(stage, number)
        parts = []
        for _ in range(pictures):
            kind = str(sampler.rng.choice(list(STILL_KINDS), p=list(STILL_KINDS.values())))
            scene, frames, owners = draw_clip(sampler, self.art, 4 if kind in ("footage", "live") else 1, SIDE, kind)
            targets = dense_targets(scene, scene.frames)
            parts.append({"frames": frames[:1], "owners": owners[:1], "targets": targets[:1]})
        return collate(parts)

    def pair_batch(self, number):
        """Pictures of footage, near to one another, for the head that finds one's tokens in the other again."""
        sampler, _ = self.start(5, number)
        parts = []
        for _ in range(PAIRS):
            kind = str(sampler.rng.choice(list(PAIR_KINDS), p=list(PAIR_KINDS.values())))
            one_shot = lambda scene: len(scene.shots) == 1  # noqa: E731
            length = int(sampler.rng.choice((4, 4, 8)))
            scene, frames, owners = draw_clip(sampler, self.art, length, SIDE, kind, one_shot)
            apart = int(sampler.rng.choice(APART))
            first = int(sampler.rng.integers(length - apart))
            told = {"targets": dense_targets(scene, length), "windows": windows(self.art, scene, length)}
            told |= {"frames": frames, "owners": owners}
            parts.append({name: table[[first, first + apart]] for name, table in told.items()})
        return collate(parts)

    def batch(self, number):
        """For the stage with language: `branches` hold ids and targets [n, tokens] and their clips, grouped by length.

        `stills` go through the encoder only: naming things needs more pictures than clips can bring.
        """
        sampler, asker = self.start(2, number)
        # The same for pairs of batches, so that two processes do not wait for each other.
        shape = SHAPES[int(np.random.default_rng((self.seed, 4, number // 2)).choice(len(SHAPES), p=SHARES))]
        parts, branches = [], []
        pause, rests = shape.frames, 1
        if shape.wait and sampler.rng.random() < 0.4:  # then some of the clip follows
            pause -= int(sampler.rng.integers(1, min(shape.lengths)))
        elif shape.wait and sampler.rng.random() < 0.5:
            rests = RESTS
        for clip in range(shape.clips):
            scene, part = self.draw(sampler, shape, pause, rests)
            drawn, first = self.branches(sampler.rng, asker, scene, shape)
            parts.append(part | self.prefix(sampler.rng, first, part["mask"].all()))
            branches += [(clip, *rest) for rest in drawn]
        if not branches:
            return collate(parts)
        stills = self.still_batch(number, stage=3, pictures=STILLS_BESIDE)
        # Frames that repeat the one before.
        wait = {"wait": (pause + 1, pause + shape.wait)} if shape.wait and rests == 1 else {}
        return collate(parts) | {"stills": stills, "branches": grouped(branches)} | wait

    def prefix(self, rng, first, full):
        """PREFIX tokens in front of the frames: the first question in a sandwich, else nothing but mask.

        Only where the frames follow without a gap, since a gap would age what was read before it.
        """
        ids = self.encoder.prefix(first) if first and full and rng.random() < SANDWICHES else []
        ids = ids if len(ids) <= PREFIX else []
        space = PREFIX - len(ids)
        mask = (np.arange(PREFIX) >= space).astype(np.float32)
        return {"prefix": np.array([0] * space + ids, np.int64), "prefix_mask": mask}

    def branches(self, rng, asker, scene, shape):
        """Branches of one clip as (type, ids, targets), one question each and longer ones; and the first question."""
        short, long, first = [], [], None
        queue = []
        while len(short) < shape.shorts or len(long) < shape.longs:
            if not queue:
                asked = [q for q in asker.questions(scene) if not (shape.wait and q.type in FLEETING)]
                queue = [self.encoder.encode(q) for q in balanced(rng, asked, shape)]
                queue = [q for q in queue if len(q.prompt) + len(q.answer) <= LONG]
            fits = len(queue[0].prompt) + len(queue[0].answer) <= SHORT
            if fits and len(short) < shape.shorts:
                turn = queue.pop(0)
                first = first or turn.asked
                short.append((turn.type, *branch([turn])))
            elif len(long) < shape.longs:
                turns = long_branch(rng, queue[:6])
                queue = queue[6:]
                long.append((turns[0].type, *branch(turns)))
            else:
                queue.pop(0)
        return short + long, first


def collate(parts):
    return {name: torch.from_numpy(np.stack([part[name] for part in parts])) for name in parts[0]}


def grouped(rows):
    """Branches (clip, type, ids, targets) in GROUPS batches of like length, so that little is padding."""
    rows = sorted(rows, key=lambda row: len(row[2]))
    ends = [round(len(rows) * i / GROUPS) for i in range(GROUPS + 1)]
    return [pack(rows[start:end]) for start, end in itertools.pairwise(ends)]


def pack(rows):
    clips, types, ids, targets = zip(*rows, strict=True)
    length = -(-len(ids[-1]) // CHUNK) * CHUNK
    return {
        "clip": torch.tensor(clips),
        "types": list(types),
        "ids": torch.tensor([row + [0] * (length - len(row)) for row in ids]),
        "targets": torch.tensor([row + [IGNORED] * (length - len(row)) for row in targets]),
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
            if self.stage == "language":
                yield world.batch(number)
            else:
                yield world.still_batch(number) | {"pairs": world.pair_batch(number)}
            number += step * self.stride
