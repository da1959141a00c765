"""How accuracy falls with the time since something was seen.

python -m training.distance --model DIR --cache CACHE --out docs/distance.svg [--clips 60]

Scenes of 8 frames, then a plain gray picture for some time; afterwards the questions about the scene are asked.
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
PLAIN = 135  # of 255
STEP = 64  # frames read at once


def wait_on(model, states, blank, seconds):
    """Reads `seconds` of one picture, its visual tokens [M, C], into all states, some frames at a time."""
    frames = seconds * FPS
    for start in range(0, frames, STEP):
        rows = blank.repeat(min(STEP, frames - start), 1)
        _, states = model.read(rows.expand(len(states[0][0]), -1, -1), states)
    return states


@torch.inference_mode()
def measure(model, tokenizer, cache, clips):
    """wait → score."""
    art = Art(cache, TRAIN_STYLES, "test")
    drawn = suite(art, SEED, clips, (FRAMES, FRAMES), SIDE, "test", plain=True)
    drawn = [(pictures, [q for q in asked if q.type in TYPES][:8]) for _, pictures, asked in drawn]
    results = {wait: [] for wait in WAITS}
    blank = watch(model, np.full((1, 1, SIDE, SIDE, 3), PLAIN, np.uint8))[0]
    for start in range(0, len(drawn), BATCH):
        part = drawn[start : start + BATCH]
        _, states = model.read(watch(model, np.stack([pictures for pictures, _ in part])), model.zero_state(len(part)))
        asked = [(i, question) for i, (_, questions) in enumerate(part) for question in questions]
        before = 0
        for wait in WAITS:
            states, before = wait_on(model, states, blank, wait - before), wait
            forks = fork(states, torch.tensor([i for i, _ in asked]))
            texts = [question.question for _, question in asked]
            said = reply(model, tokenizer, forks, texts, model.config["prompt"]["memory"])
            results[wait] += zip([question for _, question in asked], said, strict=True)
    return {wait: score(pairs) for wait, pairs in results.items()}


def draw(scores, path):
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    waits = [max(wait, 1) for wait in scores]
    for kind in sorted(TYPES):
        points = [score["types"].get(kind, {}).get("accuracy") for score in scores.values()]
        axes.plot(waits, points, linewidth=1, label=kind)
    exact = [score["exact"] for score in scores.values()]
    means, errors = [e["accuracy"] for e in exact], [e["error"] for e in exact]
    axes.errorbar(waits, means, errors, color="black", linewidth=2, label="all")
    axes.set(xscale="log", xlabel="seconds since the scene ended", ylabel="whole answers right", ylim=(0, 1))
    axes.legend(ncols=2, fontsize=8)
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--clips", type=int, default=60)
    args = parser.parse_args()
    torch.set_num_threads(1)
    scores = measure(*load(args.model), args.cache, args.clips)
    draw(scores, args.out)
    print(json.dumps({wait: score["exact"] | {"n": score["n"]} for wait, score in scores.items()}))


if __name__ == "__main__":
    main()
