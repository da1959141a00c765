"""Asks a model the questions of suites with seeds that training never uses, and prints accuracy by type.

python -m training.evaluate --model DIR --cache DIR [--clips 300] [--suite NAME …] [--out FILE.json]

Single turn, greedy; right is an answer that equals the true one, or an accepted one, in every letter.
"""

import argparse
import collections
import json
import math

import numpy as np
import torch

from training.model import Model, fork
from training.reference import folder
from training.world.__main__ import suite
from training.world.render import TEST_STYLES, TRAIN_STYLES, Art

MAX_TOKENS = 48
ASKED = 10  # most questions of a clip, drawn at random
BATCH = 16  # clips
SEEN = 128  # frames that the encoder takes at once

# name: (styles, kind of scene, frames, split, sandwich, video of another clip)
SUITES = {
    "full": (TRAIN_STYLES, None, 8, "test", False, False),
    "one": (TRAIN_STYLES, "one", 8, "test", False, False),
    "two": (TRAIN_STYLES, "two", 8, "test", False, False),
    "held-out": (TRAIN_STYLES, None, 8, "held-out", False, False),
    "openmoji": (("openmoji",), None, 8, "test", False, False),
    "fluent-3d": (("fluent-3d",), None, 8, "test", False, False),
    "photographed": (("photographed-3",), None, 8, "test", False, False),
    "live": (TRAIN_STYLES, "live", 8, "test", False, False),
    "frames-4": (TRAIN_STYLES, None, 4, "test", False, False),
    "frames-12": (TRAIN_STYLES, None, 12, "test", False, False),
    "frames-16": (TRAIN_STYLES, None, 16, "test", False, False),
    "sandwich": (TRAIN_STYLES, None, 8, "test", True, False),
    "blind": (TRAIN_STYLES, None, 8, "test", False, True),
}
SEED = 5000
assert set(sum((styles for styles, *_ in SUITES.values()), ())) <= {*TRAIN_STYLES, *TEST_STYLES}


def load(path, merging=()):
    """A model folder's model and tokenizer; `merging` overrides fields of its merge_config."""
    config = folder.read_config(path)
    config["merge_config"].update(merging)
    model = Model(config)
    model.load_state_dict(folder.read_weights(path))
    return model.eval(), folder.read_tokenizer(path, config)


def left_padded(lists):
    """ids [B, T] with zeros in front, and the mask."""
    length = max(map(len, lists))
    ids = torch.tensor([[0] * (length - len(row)) + row for row in lists])
    mask = torch.tensor([[0.0] * (length - len(row)) + [1.0] * len(row) for row in lists])
    return ids, mask


def advance(model, ids, states, mask=None):
    """Reads ids [B, T]; returns the logits after the last, and the states."""
    x, states = model.read(model.emb(ids), states, mask)
    return model.logits(x[:, -1]), states


def prompted(model, states, prompts):
    """Reads prompts of different lengths, each from its own state: logits [B, V] and states."""
    logits, after = [None] * len(prompts), [None] * len(prompts)
    by_length = collections.defaultdict(list)
    for i, prompt in enumerate(prompts):
        by_length[len(prompt)].append(i)
    for rows in by_length.values():
        index = torch.tensor(rows)
        out, new = advance(model, torch.tensor([prompts[i] for i in rows]), fork(states, index))
        for j, i in enumerate(rows):
            logits[i], after[i] = out[j], fork(new, slice(j, j + 1))
    layers = range(len(states))
    joined = [tuple(torch.cat([state[n][part] for state in after]) for part in range(3)) for n in layers]
    return torch.stack(logits), joined


def generate(model, logits, states, stop):
    """Greedy answers as lists of ids, without the stop token."""
    answers = [[] for _ in logits]
    open_rows = torch.ones(len(logits), dtype=torch.bool)
    for _ in range(MAX_TOKENS):
        ids = logits.argmax(-1)
        open_rows &= ids != stop
        for row in open_rows.nonzero().flatten().tolist():
            answers[row].append(int(ids[row]))
        if not open_rows.any():
            break
        logits, states = advance(model, ids[:, None], states)
    return answers


def watch(model, frames):
    """frames uint8 [B, F, S, S, 3] → visual tokens [B, F·M, C], rounded to f16 as a session keeps them."""
    visual = torch.cat([model.see(part)[1] for part in torch.from_numpy(frames).flatten(0, 1).split(SEEN)])
    return visual.half().float().view(len(frames), -1, visual.shape[-1])


def reply(model, tokenizer, states, texts, form):
    """Greedy answers to `texts`, each put to its own state."""
    stop = model.config["prompt"]["stop_ids"][0]
    logits, states = prompted(model, states, [ids(tokenizer, form["after"], text) for text in texts])
    return [tokenizer.decode(answer).strip() for answer in generate(model, logits, states, stop)]


def ids(tokenizer, text, question):
    return tokenizer.encode(text.replace("{question}", question), add_special_tokens=False).ids


@torch.inference_mode()
def answers(model, tokenizer, clips, sandwich):
    """Answers to [(frames, questions)] of equal length: one list of texts for each clip."""
    form = model.config["prompt"]["sandwich" if sandwich else "memory"]
    visual = watch(model, np.stack([pictures for pictures, _ in clips]))
    clip_of = [i for i, (_, asked) in enumerate(clips) for _ in asked]
    texts = [question.question for _, asked in clips for question in asked]
    if sandwich:
        before, mask = left_padded([ids(tokenizer, form["before"], text) for text in texts])
        rows = torch.cat([model.emb(before), visual[clip_of]], 1)
        mask = torch.cat([mask, mask.new_ones(len(rows), visual.shape[1])], 1)
        _, states = model.read(rows, model.zero_state(len(rows)), mask)
    else:
        _, states = model.read(visual, model.zero_state(len(clips)))
        states = fork(states, torch.tensor(clip_of))
    out = [[] for _ in clips]
    for clip, answer in zip(clip_of, reply(model, tokenizer, states, texts, form), strict=True):
        out[clip].append(answer)
    return out


def ask_clips(model, tokenizer, clips, sandwich=False):
    """[(question, answer)] about clips of equal length, given as [(frames, questions)]."""
    results = []
    for start in range(0, len(clips), BATCH):
        part = clips[start : start + BATCH]
        for (_, asked), said in zip(part, answers(model, tokenizer, part, sandwich), strict=True):
            results += zip(asked, said, strict=True)
    return results


def ask_suite(model, tokenizer, cache, name, clips, seed=SEED):
    """[(question, answer)] of a suite."""
    styles, kind, frames, split, sandwich, blind = SUITES[name]
    art = Art(cache, styles, "test")
    drawn = []
    generator = torch.Generator().manual_seed(seed)
    for _, pictures, asked in suite(art, seed, clips, (frames, frames), 96, split, kind, plain=True):
        order = torch.randperm(len(asked), generator=generator)[:ASKED]
        drawn.append((pictures, [asked[i] for i in order]))
    if blind:  # everyone is asked about the clip before theirs
        drawn = [(drawn[i - 1][0], asked) for i, (_, asked) in enumerate(drawn)]
    return ask_clips(model, tokenizer, drawn, sandwich)


def score(results):
    """Accuracy with its standard error and n, overall, by type, and as the mean over types."""
    right = collections.defaultdict(list)
    for question, said in results:
        right[question.type].append(said in (question.answer, *question.accepted))
    every = [value for values in right.values() for value in values]
    unsure = [said == "I am not sure." for question, said in results if question.type != "unsure"]
    return {
        "n": len(every),
        "exact": measured(every),
        "macro": round(sum(sum(values) / len(values) for values in right.values()) / len(right), 4),
        "false_unsure": measured(unsure),
        "types": {kind: measured(values) | {"n": len(values)} for kind, values in sorted(right.items())},
    }


def measured(values):
    share = sum(values) / len(values)
    return {"accuracy": round(share, 4), "error": round(math.sqrt(share * (1 - share) / len(values)), 4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--suite", action="append", choices=list(SUITES))
    parser.add_argument("--out")
    args = parser.parse_args()
    model, tokenizer = load(args.model)
    torch.set_num_threads(1)  # the same sums in the same order on every machine
    scores = {}
    for name in args.suite or SUITES:
        scores[name] = score(ask_suite(model, tokenizer, args.cache, name, args.clips))
        line = {k: v["accuracy"] if isinstance(v, dict) else v for k, v in scores[name].items() if k != "types"}
        print(name, line, {kind: part["accuracy"] for kind, part in scores[name]["types"].items()}, flush=True)
    if args.out:
        with open(args.out, "w") as file:
            json.dump(scores, file, indent=1)


if __name__ == "__main__":
    main()
