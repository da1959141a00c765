"""What a clip shows, without its pixels: things on their tracks, shots of photographs, light.

Positions and sizes are fractions of the frame's side, F frames a clip. A scene is drawn by `render`, asked about by
`questions`.
"""

import math
import zlib
from dataclasses import dataclass, field

import numpy as np

from training.world.vocabulary import BACKGROUNDS, NOUNS, SHAPE_COLOURS, SHAPES

KINDS = {"one": 0.2, "two": 0.23, "sequence": 0.12, "count": 0.1, "appear": 0.11, "footage": 0.24}
DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
MOVES = ("pans left", "pans right", "tilts up", "tilts down", "zooms in", "zooms out")  # of a camera
CELLS = (0.2, 0.5, 0.8)


@dataclass
class Thing:
    label: str
    colour: str | None  # shapes only
    style: int  # index into the styles in use
    look: int  # seed of the sprite's small variations
    x: np.ndarray  # [F] centre
    y: np.ndarray
    size: np.ndarray
    shown: np.ndarray  # [F] bool
    motion: str = "still"
    change: str = "same"

    @property
    def words(self):
        return f"{self.colour} {self.label}" if self.colour else self.label


@dataclass
class Shot:
    photo: int
    start: int  # its first frame
    boxes: np.ndarray  # [F, 3] left, top and side, as fractions of the photograph's width, height and height
    permutation: tuple  # of the colour channels
    flip: bool  # the photograph in a mirror
    collage: bool = False  # `photo` counts collages


@dataclass
class Stranger:
    """Something that has no name here: it lives in a shot, and moves with what stands behind it and by itself."""

    cutout: int
    mirrored: bool
    x: np.ndarray  # [F] centre in the window of the shot's first frame
    y: np.ndarray
    size: np.ndarray
    turn: np.ndarray  # [F] degrees
    shown: np.ndarray  # [F] bool
    moves: bool


@dataclass
class Scene:
    kind: str
    frames: int
    background: str | None = None  # colour; None over a photograph
    shade: np.ndarray | None = None  # the exact colour, [3]
    things: list = field(default_factory=list)
    shots: list = field(default_factory=list)
    camera: str = "none"
    light: np.ndarray | None = None  # [F] factor of brightness
    haze: np.ndarray | None = None  # [F] share of white
    fade: str = "none"
    noise: float = 0.0
    strangers: list = field(default_factory=list)
    flicker: np.ndarray | None = None  # [F] factor of brightness that nobody would speak of
    dominant: str | None = None  # measured by `render`

    @property
    def alive(self):
        """Whether a stranger moves by itself."""
        return any(stranger.moves for stranger in self.strangers)


def held_out(background, label):
    """Whether this pair belongs to the compositions that training never shows (one in ten)."""
    return zlib.crc32(f"{background}/{label}".encode()) % 10 == 0


class Sampler:
    """Draws scenes. `styles`, `photos`, `collages` are counts; `split` is "train", "test" (any pair) or "held-out".

    `cutouts` counts strangers' looks: they live in scenes of the kind "live", and with `strange` beside things too.
    """

    def __init__(self, seed, styles, photos, available, split="train", collages=0, cutouts=0, strange=False):
        self.rng = np.random.default_rng(seed)
        self.styles, self.photos, self.collages, self.split = styles, photos, collages, split
        self.cutouts, self.strange = cutouts, strange
        self.available = available  # bool [styles, nouns]

    def choice(self, items):
        return items[int(self.rng.integers(len(items)))]

    def scene(self, frames, kind=None):
        kind = kind or str(self.rng.choice(list(KINDS), p=np.array(list(KINDS.values()))))
        scene = Scene(
            "footage" if kind in ("camera", "live") else kind, frames, noise=float(self.rng.choice([0, 0, 0.01, 0.02]))
        )
        if kind in ("footage", "camera", "live"):
            getattr(self, f"add_{kind}")(scene)
            return scene
        over_photo = kind in {"one", "two", "appear", "mosaic"} and self.rng.random() < 0.15
        if over_photo:
            scene.shots = [self.shot(frames, "none")]
        else:
            scene.background = self.choice(BACKGROUNDS)
        getattr(self, f"add_{kind}")(scene)
        if self.strange and (over_photo or kind == "mosaic") and self.rng.random() < 0.4:
            self.add_strangers(scene, 2, moving=False)
        return scene

    # ---- things ----

    def label(self, scene, used=()):
        while True:
            if self.rng.random() < 0.16:
                label, style = self.choice(SHAPES), 0
            else:
                label, style = self.choice(list(NOUNS)), int(self.rng.integers(self.styles))
                if not self.available[style, list(NOUNS).index(label)]:
                    continue
            if label in used:
                continue
            held = scene.background is not None and held_out(scene.background, label)
            if (self.split == "train" and held) or (self.split == "held-out" and not held and scene.background):
                continue
            return label, style

    def thing(self, scene, used=(), size=(0.22, 0.4)):
        label, style = self.label(scene, used)
        frames = scene.frames
        colour = None
        if label in SHAPES:
            colour = self.choice([c for c in SHAPE_COLOURS if c != scene.background])
        return Thing(
            label,
            colour,
            style,
            int(self.rng.integers(2**32)),
            np.full(frames, 0.5),
            np.full(frames, 0.5),
            np.full(frames, self.rng.uniform(*size)),
            np.ones(frames, bool),
        )

    def place(self, thing):
        """Puts a thing somewhere, still."""
        thing.x[:] = self.choice(CELLS) + self.rng.uniform(-0.07, 0.07)
        thing.y[:] = self.choice(CELLS) + self.rng.uniform(-0.07, 0.07)

    def move(self, thing):
        """Sends a thing along a line, from a cell to another of the same row or column."""
        frames = len(thing.x)
        thing.motion = self.choice(list(DIRECTIONS))
        dx, dy = DIRECTIONS[thing.motion]
        start, end = self.choice([(0, 2), (0, 1), (1, 2), (0, 2)])
        along = np.linspace(CELLS[start], CELLS[end], frames) + self.rng.uniform(-0.07, 0.07)
        across = self.choice(CELLS) + self.rng.uniform(-0.07, 0.07)
        if dx + dy < 0:
            along = along[::-1]
        thing.x[:], thing.y[:] = (along, across) if dx else (across, along)

    def resize(self, thing):
        frames = len(thing.x)
        thing.change = self.choice(["grows", "shrinks"])
        small, large = self.rng.uniform(0.16, 0.22), self.rng.uniform(0.36, 0.46)
        sizes = np.linspace(small, large, frames)
        thing.size[:] = sizes if thing.change == "grows" else sizes[::-1]

    def act(self, thing):
        """Rest, movement or change of size."""
        draw = self.rng.random()
        if draw < 0.55:
            self.move(thing)
        else:
            self.place(thing)
            if draw < 0.78:
                self.resize(thing)

    def clear(self, things):
        """Whether no two things that are shown together touch."""
        for i, a in enumerate(things):
            for b in things[:i]:
                near = np.hypot(a.x - b.x, a.y - b.y) < 0.42 * (a.size + b.size)
                if (near & a.shown & b.shown).any():
                    return False
        return True

    def arrange(self, things, act):
        """Acts with all things until none touches another; false when they do not find room."""
        sizes = [np.clip(thing.size[0], 0.2, 0.34) for thing in things]
        for _ in range(40):
            for thing, size in zip(things, sizes, strict=True):
                thing.motion, thing.change = "still", "same"
                thing.size[:] = size
                act(thing)
            if self.clear(things):
                return True
        return False

    def add_one(self, scene):
        thing = self.thing(scene)
        self.act(thing)
        scene.things = [thing]

    def add_two(self, scene):
        while not scene.things:
            first = self.thing(scene)
            things = [first, self.thing(scene, [first.label])]
            if self.arrange(things, self.act):
                scene.things = things

    def add_sequence(self, scene):
        """Things that come one after another; each leaves when the next comes, or all stay."""
        count = 3 if scene.frames >= 6 and self.rng.random() < 0.35 else 2
        stay = self.rng.random() < 0.35
        late = self.rng.random() < 0.4
        first = int(self.rng.integers(1, 2 + scene.frames // 6)) if late else 0
        cuts = np.linspace(first, scene.frames, count + 1).round().astype(int)
        while not scene.things:
            things, used = [], []
            for i in range(count):
                thing = self.thing(scene, used)
                thing.shown[:] = False
                thing.shown[cuts[i] : scene.frames if stay else cuts[i + 1]] = True
                used.append(thing.label)
                things.append(thing)
            if self.arrange(things, self.place):
                scene.things = things

    def add_count(self, scene):
        """Copies of one thing, at times with some of a second."""
        counts = [int(self.rng.integers(1, 7))]
        if counts[0] <= 4 and self.rng.random() < 0.4:
            counts.append(int(self.rng.integers(1, 4)))
        cells = [(x, y) for x in CELLS for y in CELLS]
        self.rng.shuffle(cells)
        used = []
        for count in counts:
            model = self.thing(scene, used, size=(0.18, 0.27))
            used.append(model.label)
            for _ in range(count):
                x, y = cells.pop()
                jitter = self.rng.uniform(-0.025, 0.025, 2)
                look = int(self.rng.integers(2**32))
                scene.things.append(
                    Thing(
                        model.label,
                        model.colour,
                        model.style,
                        look,
                        np.full(scene.frames, x + jitter[0]),
                        np.full(scene.frames, y + jitter[1]),
                        model.size.copy(),
                        model.shown.copy(),
                    )
                )

    def add_appear(self, scene):
        """One thing all the time, another that comes or goes."""
        while not scene.things:
            first = self.thing(scene)
            second = self.thing(scene, [first.label])
            frames = scene.frames
            when = int(self.rng.integers(max(1, frames // 6), frames - max(0, frames // 8)))
            if self.rng.random() < 0.55:
                second.shown[:when] = False
            else:
                second.shown[when:] = False
            if self.arrange([first, second], lambda t: self.act(t) if t is first else self.place(t)):
                scene.things = [first, second]

    def add_mosaic(self, scene):
        """Many things anywhere, in a single frame: for training the encoder alone."""
        for _ in range(int(self.rng.integers(3, 7))):
            thing = self.thing(scene, [t.label for t in scene.things], size=(0.18, 0.42))
            for _ in range(10):
                thing.x[:], thing.y[:] = self.rng.uniform(0.1, 0.9, 2)
                if self.clear([*scene.things, thing]):
                    scene.things.append(thing)
                    break

    # ---- footage ----

    def shot(self, frames, camera, collages=0):
        """A photograph, or one of `collages`, under a camera that pans, tilts, zooms or rests."""
        rng = self.rng
        side = rng.uniform(0.45, 0.75) if camera != "none" else rng.uniform(0.5, 1.0)
        sides = np.full(frames, side)
        if camera.startswith("zooms"):
            ratio = rng.uniform(1.35, 2.3)
            near, far = side * 0.75 / math.sqrt(ratio), min(1.0, side * 1.2 * math.sqrt(ratio))
            sides = np.geomspace(far, near, frames) if camera == "zooms in" else np.geomspace(near, far, frames)
        left, top = np.full(frames, rng.random()), np.full(frames, rng.random())
        shift = min(1.0, rng.uniform(0.3, 1.1) * side / (1 - side + 1e-6))
        start = rng.uniform(0, 1 - shift)
        along = np.linspace(start, start + shift, frames)
        # The picture's window goes where the camera turns.
        if camera in {"pans right", "tilts down"}:
            left, top = (along, top) if camera == "pans right" else (left, along)
        elif camera in {"pans left", "tilts up"}:
            left, top = (along[::-1], top) if camera == "pans left" else (left, along[::-1])
        if camera != "none":
            left = np.clip(left + rng.normal(0, 0.004, frames), 0, 1)
            top = np.clip(top + rng.normal(0, 0.004, frames), 0, 1)
        permutation = tuple(rng.permutation(3)) if rng.random() < 0.4 else (0, 1, 2)
        collage = bool(collages and rng.random() < 0.5)
        photo = int(rng.integers(collages if collage else self.photos))
        flip = bool(rng.random() < 0.5)
        return Shot(photo, 0, np.stack([left, top, sides], 1), permutation, flip, collage)

    def add_footage(self, scene):
        frames, draw = scene.frames, self.rng.random()
        if draw < 0.45:
            self.add_camera(scene)
        elif draw < 0.72:
            self.add_cuts(scene)
        else:
            self.add_light(scene)
        assert len(scene.shots[0].boxes) == frames

    def add_camera(self, scene):
        scene.camera = self.choice((*MOVES, "none"))
        scene.shots = [self.shot(scene.frames, scene.camera, self.collages)]

    def add_cuts(self, scene):
        """One to four shots, each two frames or longer where the clip allows; in some the camera moves."""
        frames = scene.frames
        shortest = 2 if frames >= 8 else 1
        count = int(self.rng.integers(1, min(4, frames // shortest) + 1))
        while True:
            starts = np.sort(self.rng.choice(np.arange(1, frames), count - 1, replace=False))
            if (np.diff([0, *starts, frames]) >= shortest).all():
                break
        for start in (0, *starts):
            camera = self.choice(MOVES) if count > 1 and self.rng.random() < 0.35 else "none"
            shot = self.shot(frames, camera, self.collages)
            while scene.shots and shot.photo == scene.shots[-1].photo:
                shot = self.shot(frames, camera, self.collages)
            shot.start = int(start)
            scene.shots.append(shot)
        scene.camera = "cuts"

    def add_light(self, scene):
        """A picture that becomes brighter or darker, fades, or stays as it is."""
        frames, rng = scene.frames, self.rng
        if rng.random() < 0.7:
            scene.shots = [self.shot(frames, "none", self.collages)]
        else:
            scene.background = self.choice([b for b in BACKGROUNDS if b not in ("black", "white")])
            scene.shots = [self.shot(frames, "none", self.collages)]
            scene.shots[0].photo, scene.shots[0].collage = -1, False  # plain colour
        light, haze = np.ones(frames), np.zeros(frames)
        draw = rng.random()
        if draw < 0.36:
            light = np.linspace(1, rng.uniform(0.25, 0.45), frames)
            light = light if draw < 0.18 else light[::-1]
        elif draw < 0.84:
            scene.fade = self.choice(["to black", "from black", "to white", "from white"])
            length = max(2, round(frames * rng.uniform(0.4, 0.7)))
            amount = np.concatenate([np.zeros(frames - length), np.linspace(1 / length, 1, length)])
            amount = amount if scene.fade.startswith("to") else amount[::-1]
            if scene.fade.endswith("black"):
                light = 1 - amount
            else:
                haze = amount
        scene.light, scene.haze = light, haze
        scene.camera = "light"

    # ---- strangers ----

    def add_live(self, scene):
        """What cameras film: shots in which strangers live, the light trembles, and the camera may."""
        frames, rng = scene.frames, self.rng
        draw = rng.random()
        if draw < 0.25:
            self.add_cuts(scene)
        elif draw < 0.7:
            scene.shots = [self.shot(frames, "none", self.collages)]
        else:
            scene.camera = self.choice(MOVES)
            scene.shots = [self.shot(frames, scene.camera, self.collages)]
        if rng.random() < 0.5:
            scene.flicker = rng.normal(1, rng.uniform(0, 0.03), frames)
        if rng.random() < 0.4:
            for shot in scene.shots:
                shot.boxes[:, :2] = np.clip(shot.boxes[:, :2] + rng.normal(0, 0.006, (frames, 2)), 0, 1)
        self.add_strangers(scene, 4 if scene.camera in ("none", "cuts") else 2, moving=rng.random() < 0.75)

    def add_strangers(self, scene, most, moving):
        """One to `most` strangers in every shot; small ones under a moving camera, whose way they would hide."""
        largest = 1.1 if scene.camera == "none" and scene.kind == "footage" else 0.5
        ends = [shot.start for shot in scene.shots[1:]] + [scene.frames]
        starts = [shot.start for shot in scene.shots] or [0]
        for start, end in zip(starts, ends, strict=True):
            for i in range(int(self.rng.integers(1, most + 1))):
                # The first is the one that is seen to move.
                size = self.rng.uniform(0.3 if i == 0 else 0.12, largest)
                stranger = self.stranger(scene.frames, size, moving and (i == 0 or self.rng.random() < 0.5))
                stranger.shown[:start], stranger.shown[end:] = False, False
                scene.strangers.append(stranger)

    def stranger(self, frames, size, moves):
        """It walks through the picture, sways, wanders or, unless it `moves`, rests."""
        rng = self.rng
        x, y = np.full(frames, rng.uniform(0.1, 0.9)), np.full(frames, rng.uniform(0.2, 0.9))
        sizes, turn = np.full(frames, size), np.zeros(frames)
        if moves:
            clock = np.arange(frames)
            way = self.choice(("walk", "sway", "wander"))
            if way == "walk":
                step = rng.choice((-1, 1)) * rng.uniform(0.4, 1.2) / frames
                x = x + step * (clock - rng.uniform(0, frames - 1))
                y = y + 0.02 * np.abs(np.sin(clock * rng.uniform(0.8, 2.5)))
            elif way == "sway":
                beat = rng.uniform(0.7, 2.5)
                x = x + rng.uniform(0.06, 0.16) * np.sin(beat * clock + rng.uniform(0, 6))
                turn = rng.uniform(4, 20) * np.sin(beat * clock + rng.uniform(0, 6))
            else:
                x, y = (track + np.cumsum(rng.normal(0, 0.07, frames)) for track in (x, y))
            sizes = sizes * np.exp(np.cumsum(rng.normal(0, 0.03, frames)))
        shown = np.ones(frames, bool)
        return Stranger(
            int(rng.integers(self.cutouts)), bool(rng.random() < 0.5), x, y, sizes, turn, shown, bool(moves)
        )
