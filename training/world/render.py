"""Scenes → pictures, with what the encoder should find in each patch."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from training.world.vocabulary import COLOURS, LABELS, SHAPES

TRAIN_STYLES = ("noto", "noto-v1", "fluent-flat", "twemoji", "fxemoji", "emojione", "streamline")
MORE_STYLES = ("photographed-1", "photographed-2")  # trained on, but not in suites
TEST_STYLES = ("openmoji", "fluent-3d", "photographed-3")
PATCHES = 8  # a side, of the targets' grid
DETAIL = 128  # pixels of a sprite's side
SEEN_DETAIL = 64  # enough for pictures of the encoder's size
COLLAGES, COLLAGE_SIZE = 400, (720, 480)
PIECES = 240  # cut out of photographs, and figures made of them
# A camera's move must be seen: neighbouring pixels of its picture differ by so much of 255, wherever it looks.
LEAST_DETAIL = 0.5
WINDOW, WINDOW_SHARE = 96, 0.6  # what a camera sees: pixels a side, and of a photograph's height
# Among the pictures for suites, those that training sees in another size or other colours.
TWINS = ("Elephants_3840x2160", "grid-d", "pixels-l", "vnc-d", "Patak-contents-images")


def shape_mask(shape):
    """Coverage of a shape, uint8 [DETAIL, DETAIL]."""
    n = DETAIL * 4
    image = Image.new("L", (n, n))
    draw = ImageDraw.Draw(image)
    t = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    if shape == "circle":
        points = np.stack([np.sin(t), np.cos(t)], 1)
    elif shape == "heart":
        height = -13 * np.cos(t) + 5 * np.cos(2 * t) + 2 * np.cos(3 * t) + np.cos(4 * t)
        points = np.stack([16 * np.sin(t) ** 3, height], 1)
    elif shape == "star":
        angle = np.arange(10) * np.pi / 5
        radius = np.where(np.arange(10) % 2, 0.42, 1)
        points = np.stack([radius * np.sin(angle), -radius * np.cos(angle)], 1)
    else:
        points = {"square": [(0, 0), (1, 0), (1, 1), (0, 1)], "triangle": [(0.5, 0), (1, 0.88), (0, 0.88)]}.get(
            shape, [(0.5, 0), (0.9, 0.5), (0.5, 1), (0.1, 0.5)]
        )
        points = np.array(points, float)
    points = points - (points.min(0) + points.max(0)) / 2
    points = points / np.abs(points).max() * 0.48 + 0.5
    draw.polygon([tuple(p) for p in points * n], fill=255)
    return np.array(image.resize((DETAIL, DETAIL), Image.Resampling.BOX))


def least_detail(photo):
    """By how much neighbouring pixels differ, across or down, where a camera would see least of it."""
    height = round(WINDOW / WINDOW_SHARE)
    size = round(photo.width * height / photo.height), height
    pixels = np.asarray(photo.convert("L").resize(size, Image.Resampling.BILINEAR), np.float32)
    least = np.inf
    for axis in (0, 1):
        change = np.abs(np.diff(pixels, axis=axis))
        windows = np.lib.stride_tricks.sliding_window_view(change, (WINDOW - 1, WINDOW - 1))[::16, ::16]
        least = min(least, windows.mean((2, 3)).min())
    return least


def read_photos(cache, use):
    """Photographs to train on, for suites ("test"), or that may be shown ("open", which suites have too)."""
    shown = sorted((cache / "open-photos").glob("*.jpg"))
    paths = [p for i, p in enumerate(sorted((cache / "photos").glob("*.jpg"))) if (i % 5 == 2) == (use == "test")]
    if use == "train":
        paths += [p for more in ("more-photos", "templates", "paintings") for p in sorted((cache / more).glob("*.jpg"))]
    if use == "test":
        paths = [p for p in paths if not p.stem.endswith(TWINS)] + shown
    photos = [Image.open(p).convert("RGB") for p in (shown if use == "open" else paths)]
    return [photo for photo in photos if least_detail(photo) >= LEAST_DETAIL]


def read_strangers(cache, use):
    """Photographed things without a name here, RGBA: a quarter is for suites."""
    paths = sorted((cache / "strangers").glob("*.png"))
    return [Image.open(p).convert("RGBA") for i, p in enumerate(paths) if (i % 4 == 3) == (use != "train")]


class Art:
    """The sprites of some styles, the shapes, photographs, and cut-outs that have no name here."""

    def __init__(self, cache, styles, photos="train", detail=DETAIL):
        """`photos`: "train" or "test", disjoint, or "open". `detail`: sprites' side, DETAIL or less for speed."""
        sprites = np.load(Path(cache) / "sprites.npz")
        sprites = np.stack([sprites[style] for style in styles])
        self.available = sprites.any((2, 3, 4))
        self.sprites = {key: shrunk(sprites[key], detail) for key in zip(*self.available.nonzero(), strict=True)}
        self.outlined = {key: outlined(sprite) for key, sprite in self.sprites.items()}
        self.inked = {}
        if photos == "train":
            self.inked = {key: inked(sprite) for key, sprite in self.sprites.items()}
        self.shapes = {shape: shrunk(shape_mask(shape), detail) for shape in SHAPES}
        self.photos = read_photos(Path(cache), photos)
        self.collages = [
            (self.remix if seed % 2 else self.collage)(seed) for seed in range(COLLAGES if photos == "train" else 0)
        ]
        self.cutouts = read_strangers(Path(cache), photos)
        self.cutouts += [self.piece(seed) for seed in range(PIECES if photos == "train" else PIECES // 4)]
        self.grain = np.random.default_rng(0).standard_normal((512, 512, 3)).astype(np.float32)

    def collage(self, seed):
        """A wide picture full of sprites and patches of colour, for cameras to move over: easier than photographs."""
        rng = np.random.default_rng(seed)
        picture, rough = Image.new("RGB", COLLAGE_SIZE), rng.random() < 0.6
        for cells in (1, 3, 7) if rough else (1,):  # clouds of colour, coarse to fine
            layer = Image.fromarray(rng.integers(0, 256, (2 * cells, 3 * cells, 3), np.uint8))
            picture = Image.blend(picture, layer.resize(COLLAGE_SIZE, Image.Resampling.BICUBIC), 1 / cells**0.8)
        keys, masks = list(self.sprites), list(self.shapes.values())
        for _ in range(int(rng.integers(10 if rough else 25, 60))):
            n = int(rng.uniform(40, 170))
            if rng.random() < 0.5:
                sprite = Image.fromarray(self.sprites[keys[int(rng.integers(len(keys)))]])
            else:
                sprite = Image.new("RGBA", (SEEN_DETAIL, SEEN_DETAIL), tuple(rng.integers(0, 256, 3).tolist()))
                mask = masks[int(rng.integers(len(masks)))]
                sprite.putalpha(Image.fromarray(mask).resize(sprite.size))
            sprite = sprite.rotate(rng.uniform(0, 360)).resize((n, int(n * rng.uniform(0.5, 1.5))))
            at = rng.integers(-n // 2, COLLAGE_SIZE[0] - n // 2), rng.integers(-n // 2, COLLAGE_SIZE[1] - n // 2)
            picture.paste(sprite, tuple(map(int, at)), sprite)
        return picture

    def remix(self, seed):
        """A part of a photograph, turned, in other colours and contrast: new ground for cameras to move over."""
        rng = np.random.default_rng(seed)
        photo = self.photos[int(rng.integers(len(self.photos)))].rotate(90 * rng.integers(4), expand=True)
        scale = rng.uniform(0.6, 1) * min(photo.width / COLLAGE_SIZE[0], photo.height / COLLAGE_SIZE[1])
        size = np.multiply(COLLAGE_SIZE, scale)
        left, top = rng.random(2) * (np.array(photo.size) - size)
        photo = photo.resize(COLLAGE_SIZE, Image.Resampling.BICUBIC, box=(left, top, left + size[0], top + size[1]))
        pixels = np.asarray(photo, np.float32)[..., rng.permutation(3)] / 255
        pixels = pixels ** rng.uniform(0.6, 1.6, 3)
        if rng.random() < 0.3:
            pixels = 1 - pixels
        return Image.fromarray(np.uint8(255 * pixels))

    def piece(self, seed):
        """A part of a photograph with a round outline, or two as head and body of a figure; RGBA [DETAIL, DETAIL]."""
        rng = np.random.default_rng(seed)
        out = Image.new("RGBA", (DETAIL, DETAIL))
        parts = [(0.5, 0.5, 0.46, 0.46)]  # centre and radii
        if seed % 2:
            wide = rng.uniform(0.14, 0.24)
            parts = [(0.5, 0.64, wide, 0.34), (0.5 + rng.uniform(-0.04, 0.04), 0.2, rng.uniform(0.1, 0.14), 0.17)]
        for x, y, across, down in parts:
            photo = self.photos[int(rng.integers(len(self.photos)))]
            edge = rng.uniform(0.1, 0.5) * photo.height
            left, top = rng.random(2) * (np.array(photo.size) - edge)
            texture = photo.resize((DETAIL, DETAIL), Image.Resampling.BILINEAR, (left, top, left + edge, top + edge))
            if seed % 2:  # less texture, as clothes and faces have
                plain = Image.new("RGB", texture.size, tuple(rng.integers(0, 256, 3).tolist()))
                texture = Image.blend(texture, plain, rng.uniform(0.3, 0.9))
            angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
            wave = 1 + sum(rng.uniform(0, 0.3 / n) * np.sin(n * angle + rng.uniform(0, 6)) for n in (2, 3, 4, 5))
            wave = wave / wave.max()
            points = np.stack([x + across * wave * np.cos(angle), y + down * wave * np.sin(angle)], 1) * 4 * DETAIL
            mask = Image.new("L", (4 * DETAIL, 4 * DETAIL))
            ImageDraw.Draw(mask).polygon([tuple(p) for p in points], fill=255)
            out.paste(texture, (0, 0), mask.resize(out.size, Image.Resampling.BOX))
        return out

    def stranger(self, stranger):
        """Its cut-out, RGBA with premultiplied alpha."""
        image = self.cutouts[stranger.cutout]
        return (image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if stranger.mirrored else image).convert("RGBa")

    def sprite(self, thing):
        """The thing at its full resolution, RGBA with premultiplied alpha."""
        look = np.random.default_rng(thing.look)
        if thing.label in SHAPES:
            mask = self.shapes[thing.label]
            colour = np.clip(np.array(COLOURS[thing.colour]) + look.uniform(-16, 16, 3), 0, 255)
            rgba = np.empty((*mask.shape, 4), np.uint8)
            rgba[..., :3], rgba[..., 3] = colour, mask
            image = Image.fromarray(rgba)
        else:
            draw = look.random()
            sprites = self.outlined if draw < 0.25 else self.inked if self.inked and draw > 0.8 else self.sprites
            image = Image.fromarray(sprites[thing.style, LABELS.index(thing.label)])
            if look.random() < 0.3:
                image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if look.random() < 0.3:
            image = image.rotate(look.uniform(-14, 14), Image.Resampling.BILINEAR)
        matrix = np.eye(3, dtype=np.float32)
        if thing.label not in SHAPES and look.random() < 0.6:
            grey = look.uniform(-0.2, 0.5)  # towards grey, or away from it
            matrix = (1 - grey) * matrix + grey / 3
            matrix = matrix * look.uniform(0.8, 1.15) + look.normal(0, 0.06, (3, 3)).astype(np.float32)
        return image.convert("RGBa"), matrix


def shrunk(pixels, side):
    """uint8 [n, n] or [n, n, 4] → [side, side, …]."""
    if len(pixels) == side:
        return pixels
    image = Image.fromarray(pixels)
    image = image if pixels.ndim == 2 else image.convert("RGBa")
    image = image.resize((side, side), Image.Resampling.BOX)
    return np.array(image if pixels.ndim == 2 else image.convert("RGBA"))


def outlined(rgba):
    """A sprite inside a dark line, as comic styles draw."""
    side = len(rgba)
    line = max(1, side * 3 // 128)
    inner = side - 2 * line
    body = np.array(Image.fromarray(rgba).resize((inner, inner), Image.Resampling.BILINEAR))
    out = np.zeros_like(rgba)
    out[..., 3] = rgba[..., 3]
    middle = out[line:-line, line:-line]
    middle[..., 3] = np.maximum(middle[..., 3], body[..., 3])
    middle[..., :3] = (body[..., :3] * (body[..., 3:] / 255)).astype(np.uint8)
    return out


def inked(rgba):
    """A sprite in five flat colours with dark lines between them, as comic styles draw."""
    flat = Image.fromarray(rgba).convert("RGB").filter(ImageFilter.MedianFilter(5)).quantize(5)
    area = np.asarray(flat).astype(np.int16)
    line = np.zeros(area.shape, bool)
    line[1:] |= area[1:] != area[:-1]
    line[:, 1:] |= area[:, 1:] != area[:, :-1]
    out = rgba.copy()
    out[..., :3] = np.where(line[..., None], 20, np.asarray(flat.convert("RGB")))
    return outlined(out)


def background_colour(scene, rng):
    shade = np.array(COLOURS[scene.background], np.float32)
    if scene.background not in ("black", "white", "gray"):
        shade = shade + 0.25 * (255 - shade) * rng.random()
    return np.clip(shade + rng.uniform(-14, 14, 3), 0, 255)


def shown_part(art, shot, frame):
    """Left, top and side of what a shot shows of its picture, in pixels of it, mirrored if the shot is."""
    photo = (art.collages if shot.collage else art.photos)[shot.photo]
    left, top, edge = shot.boxes[frame]
    edge = edge * photo.height
    return left * (photo.width - edge), top * (photo.height - edge), edge


def shot_at(scene, frame):
    """The shot of a photograph in which a frame is, or None."""
    shot = next((s for s in reversed(scene.shots) if s.start <= frame), None)
    return None if shot is None or shot.photo < 0 else shot


def draw_shot(art, shot, frame, side):
    photo = (art.collages if shot.collage else art.photos)[shot.photo]
    x, y, edge = shown_part(art, shot, frame)
    x = photo.width - edge - x if shot.flip else x
    image = photo.resize((side, side), Image.Resampling.BILINEAR, box=(x, y, x + edge, y + edge), reducing_gap=2.0)
    picture = np.asarray(image)[..., list(shot.permutation)]
    return (picture[:, ::-1] if shot.flip else picture).astype(np.float32)


def draw_background(art, scene, frame, side, shade):
    shot = shot_at(scene, frame)
    if shot is None:
        return np.broadcast_to(shade.astype(np.float32), (side, side, 3)).copy()
    return draw_shot(art, shot, frame, side)


def draw_strangers(art, scene, cutouts, frame, canvas):
    """Draws them where their shot's window has them; returns how much of each pixel they cover, [side, side]."""
    side = len(canvas)
    covered = np.zeros((side, side), np.float32)
    shot = shot_at(scene, frame)
    first, now = (shown_part(art, shot, f) if shot else (0, 0, 1) for f in (shot.start if shot else 0, frame))
    for stranger, image in zip(scene.strangers, cutouts, strict=True):
        if not stranger.shown[frame]:
            continue
        x, y = (
            (start + track[frame] * first[2] - corner) / now[2]
            for start, track, corner in zip(first, (stranger.x, stranger.y), now, strict=False)
        )
        if stranger.turn[frame]:
            image = image.rotate(stranger.turn[frame], Image.Resampling.BILINEAR)
        alpha = np.zeros((side, side), np.float32)
        paste(canvas, alpha, image, None, x, y, stranger.size[frame] * first[2] / now[2])
        covered = np.maximum(covered, alpha)
    return covered


def paste(canvas, owner_alpha, sprite, matrix, x, y, size):
    """Draws a sprite [n, n, 4], premultiplied; notes its alpha in `owner_alpha` [side, side]."""
    side = canvas.shape[0]
    n = max(2, round(size * side))
    filter_ = Image.Resampling.BOX if 2 * n < sprite.width else Image.Resampling.BICUBIC
    pixels = np.asarray(sprite.resize((n, n), filter_), np.float32)
    left, top = round(x * side - n / 2), round(y * side - n / 2)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + n, side), min(top + n, side)
    if x0 >= x1 or y0 >= y1:
        return
    pixels = pixels[y0 - top : y1 - top, x0 - left : x1 - left]
    alpha = pixels[..., 3:] / 255
    colours = pixels[..., :3] if matrix is None else np.clip(pixels[..., :3] @ matrix, 0, 255 * alpha)
    canvas[y0:y1, x0:x1] = canvas[y0:y1, x0:x1] * (1 - alpha) + colours
    owner_alpha[y0:y1, x0:x1] = alpha[..., 0]


def share_of_patches(alpha):
    """[side, side] → mean of each patch, [PATCHES, PATCHES]."""
    cell = len(alpha) // PATCHES
    return alpha.reshape(PATCHES, cell, PATCHES, cell).mean((1, 3))


def render(art, scene, side, rng):
    """uint8 [F, side, side, 3], and the thing that fills each patch, int8 [F, PATCHES²] (−1: none, −2: a stranger).

    Notes the scene's dominant colour. A thing fills a patch when it covers a quarter of it.
    """
    shade = background_colour(scene, rng) if scene.background else None
    sprites = [art.sprite(thing) for thing in scene.things]
    frames = np.empty((scene.frames, side, side, 3), np.uint8)
    owners = np.full((scene.frames, PATCHES * PATCHES), -1, np.int8)
    cutouts = [art.stranger(stranger) for stranger in scene.strangers]
    still = len(scene.shots) <= 1 and not any(np.ptp(shot.boxes, 0).any() for shot in scene.shots)
    base = draw_background(art, scene, 0, side, shade) if still else None
    for f in range(scene.frames):
        canvas = base.copy() if still else draw_background(art, scene, f, side, shade)
        covered = np.full((PATCHES, PATCHES), 0.25, np.float32)
        if cutouts:
            strange = draw_strangers(art, scene, cutouts, f, canvas)
            owners[f][(share_of_patches(strange) > covered).ravel()] = -2
        for i, (thing, (sprite, matrix)) in enumerate(zip(scene.things, sprites, strict=True)):
            if not thing.shown[f]:
                continue
            alpha = np.zeros((side, side), np.float32)
            paste(canvas, alpha, sprite, matrix, thing.x[f], thing.y[f], thing.size[f])
            share = share_of_patches(alpha)
            owners[f][(share > covered).ravel()] = i
            covered = np.maximum(covered, share)
        if scene.light is not None:
            canvas = canvas * scene.light[f] * (1 - scene.haze[f]) + 255 * scene.haze[f]
        if scene.flicker is not None:
            canvas = canvas * scene.flicker[f]
        if scene.noise:
            top, left = rng.integers(0, 512 - side + 1, 2)
            canvas = canvas + 255 * scene.noise * art.grain[top : top + side, left : left + side]
        frames[f] = np.clip(canvas + 0.5, 0, 255)
    if scene.light is None and scene.kind != "mosaic":
        scene.dominant = dominant_colour(frames)
    return frames, owners


# Degrees of hue that everybody would call so; between them lies what two people may name differently.
HUES = {"red": (345, 375), "orange": (20, 40), "yellow": (46, 64), "green": (80, 160), "blue": (190, 250)}
HUES |= {"purple": (262, 295), "pink": (310, 340)}


def colour_names(pixels):
    """Nearest colour word of each pixel [N, 3], by hue, saturation and value; −1 where between two words."""
    p = pixels.astype(np.float32) / 255
    high, low = p.max(1), p.min(1)
    chroma = high - low
    hue = np.zeros(len(p), np.float32)
    safe = np.maximum(chroma, 1e-6)
    r, g, b = p.T
    hue = np.where(high == r, (g - b) / safe % 6, np.where(high == g, (b - r) / safe + 2, (r - g) / safe + 4)) * 60
    names = list(COLOURS)
    index = {name: names.index(name) for name in names}
    out = np.full(len(p), -1)
    for name, (start, end) in HUES.items():
        inside = ((hue >= start) & (hue <= end)) | ((hue + 360 >= start) & (hue + 360 <= end))
        out[inside & (chroma > 0.18 * np.maximum(high, 0.3))] = index[name]
    out[(out == index["orange"]) & (high < 0.6)] = index["brown"]
    flat = chroma < 0.1
    out[flat] = index["gray"]
    out[flat & (high > 0.88)] = index["white"]
    out[high < 0.16] = index["black"]
    return out


def dominant_colour(frames):
    """The colour word of most of the clip, or None where no colour clearly leads."""
    sample = frames[:, ::6, ::6].reshape(-1, 3)
    counts = np.bincount(colour_names(sample) + 1, minlength=len(COLOURS) + 1)[1:]
    order = np.argsort(counts)[::-1]
    if counts[order[0]] > 0.5 * len(sample) and counts[order[0]] > 2 * counts[order[1]]:
        return list(COLOURS)[order[0]]
    return None
