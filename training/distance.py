"""How accuracy falls with the time since something was seen.

python -m training.distance --model DIR --cache CACHE --out docs/distance.svg [--clips 60]

Scenes of 8 frames, then for some time a plain gray picture, or photographs that change every few seconds; afterwards
the questions about the scene are asked.
"""

import argparse
import json

import matplotlib
import numpy as np
import torch

from training.evaluate import BATCH, load, reply, score, watch
from training.model import fork
from training.world.__main__ import FPS, suite
from training.world.render import TRAIN_STYLES, Art

matplotlib.use("svg")
from matplotlib import pyplot as plt  # noqa: E402

SEED = 6000
FRAMES, SIDE = 8, 96
WAITS = (0, 4, 16, 60, 240, 600)  # seconds
TYPES = {"exist", "list", "motion", "where", "count", "order"}  # those whose answers the gray picture leaves true
RESTS = {"gray": "a gray picture", "photographs": "changing photographs"}
PLAIN = 135  # of 255
SHOT = 8  # frames for which a photograph stands
STEP = 64  # frames read at once


def wait_on(model, states, pictures, start, end):
    """Reads the seconds from start to end of pictures that follow one another, tokens [n, M, C], into all states."""
    for first in range(start * FPS, end * FPS, STEP):
        frames = torch.arange(first, min(first + STEP, end * FPS))
        rows = pictures[frames // SHOT % len(pictures)].flatten(0, 1)
        _, states = model.read(rows.expand(len(states[0][0]), -1, -1), states)
    return states


def rests(model, art, rest):
    """Visual tokens [n, M, C] of what follows the scenes."""
    if rest == "gray":
        pictures = np.full((1, SIDE, SIDE, 3), PLAIN, np.uint8)
    else:
        rng = np.random.default_rng(SEED)
        photos = [art.photos[i] for i in rng.permutation(len(art.photos))]
        boxes = [((p.width - p.height) // 2, 0, (p.width + p.height) // 2, p.height) for p in photos]
        pictures = np.stack([np.array(p.resize((SIDE, SIDE), box=box)) for p, box in zip(photos, boxes, strict=True)])
    return watch(model, pictures[:, None])


@torch.inference_mode()
def measure(model, tokenizer, cache, clips, rest):
    """wait → score."""
    art = Art(cache, TRAIN_STYLES, "test")
    drawn = suite(art, SEED, clips, (FRAMES, FRAMES), SIDE, "test", plain=True)
    drawn = [(pictures, [q for q in asked if q.type in TYPES][:8]) for _, pictures, asked in drawn]
    results = {wait: [] for wait in WAITS}
    pictures = rests(model, art, rest)
    for start in range(0, len(drawn), BATCH):
        part = drawn[start : start + BATCH]
        _, states = model.read(watch(model, np.stack([pictures for pictures, _ in part])), model.zero_state(len(part)))
        asked = [(i, question) for i, (_, questions) in enumerate(part) for question in questions]
        before = 0
        for wait in WAITS:
            states, before = wait_on(model, states, pictures, before, wait), wait
            forks = fork(states, torch.tensor([i for i, _ in asked]))
            texts = [question.question for _, question in asked]
            said = reply(model, tokenizer, forks, texts, model.config["prompt"]["memory"])
            results[wait] += zip([question for _, question in asked], said, strict=True)
    return {wait: score(pairs) for wait, pairs in results.items()}


def draw(measured, path):
    figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
    for side, (rest, scores) in zip(axes, measured.items(), strict=True):
        waits = [max(wait, 1) for wait in scores]
        for kind in sorted(TYPES):
            points = [score["types"].get(kind, {}).get("accuracy") for score in scores.values()]
            side.plot(waits, points, linewidth=1, label=kind)
        exact = [score["exact"] for score in scores.values()]
        means, errors = [e["accuracy"] for e in exact], [e["error"] for e in exact]
        side.errorbar(waits, means, errors, color="black", linewidth=2, label="all")
        side.set(xscale="log", xlabel=f"seconds of {RESTS[rest]}", ylim=(0, 1))
    axes[0].set(ylabel="whole answers right")
    axes[0].legend(ncols=2, fontsize=8)
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--clips", type=int, default=60)
    args = parser.parse_args()
    torch.set_num_threads(1)
    measured = {rest: measure(*load(args.model), args.cache, args.clips, rest) for rest in RESTS}
    draw(measured, args.out)
    for rest, scores in measured.items():
        print(rest, json.dumps({wait: score["exact"] | {"n": score["n"]} for wait, score in scores.items()}))


if __name__ == "__main__":
    main()
