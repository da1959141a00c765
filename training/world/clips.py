"""Draws clips until what is asked about them can be seen in them."""

import numpy as np

from training.world.render import render

MOVED = 14.0  # mean change of a channel, of 255, below which a camera's move or a cut does not count
STIRRED = 5.0  # the same of what strangers do under a resting camera


def visible(scene, frames):
    """Whether camera moves, cuts and what strangers do change the picture enough to be seen."""
    if scene.camera in ("none", "light") and not scene.alive:
        return True
    values = frames[:, ::3, ::3].astype(np.float32)
    if scene.camera == "none":
        return np.abs(values[1:] - values[0]).mean((1, 2, 3)).max() > STIRRED
    if scene.camera == "cuts":
        starts = [shot.start for shot in scene.shots[1:]]
        return all(np.abs(values[s] - values[s - 1]).mean() > MOVED for s in starts)
    return np.abs(values[-1] - values[0]).mean() > MOVED and values[0].std((0, 1)).mean() > MOVED


def draw_clip(sampler, art, frames, side, kind=None, fits=lambda scene: True):
    """A scene that `fits`, its frames uint8 [F, side, side, 3] and the owners of its patches [F, 64]."""
    while True:
        scene = sampler.scene(frames, kind)
        if not fits(scene):
            continue
        pictures, owners = render(art, scene, side, sampler.rng)
        if visible(scene, pictures):
            return scene, pictures, owners
