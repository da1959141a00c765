"""Made-up sprites and photographs, in the form of training.world.fetch."""

import numpy as np
from PIL import Image

from training.world.render import MORE_STYLES, TEST_STYLES, TRAIN_STYLES
from training.world.vocabulary import NOUNS


def make_cache(cache):
    """Sprites that are coloured noise in a disc, and photographs that are smooth noise."""
    rng = np.random.default_rng(0)
    axis = np.linspace(-1, 1, 128)
    disc = (axis[:, None] ** 2 + axis**2 < 0.9) * 255
    sprites = np.empty((len(NOUNS), 128, 128, 4), np.uint8)
    for sprite in sprites:
        coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8))
        sprite[..., :3], sprite[..., 3] = np.array(coarse.resize((128, 128))), disc
    np.savez(cache / "sprites.npz", **dict.fromkeys((*TRAIN_STYLES, *MORE_STYLES, *TEST_STYLES), sprites))
    (cache / "strangers").mkdir()
    for i in range(4):
        Image.fromarray(sprites[i]).save(cache / "strangers" / f"{i}.png")
    (cache / "photos").mkdir()
    for i in range(20):
        coarse = Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8))
        coarse.resize((480, 360)).save(cache / "photos" / f"{i:02d}.jpg")
