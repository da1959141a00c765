"""Sample clips for the page, and what the model answers about them.

python -m training.samples answer --model DIR --clips public/samples
    fills `memory` and `look-again` of every question in the folder's answers.json
python -m training.samples draw --model DIR --cache CACHE --out DIR [--seed 9000] [--only NAME …]
    draws clips until the model is right about each, and writes them with their answers.json

The pictures are decoded from the MP4 in two ways, rounded differently; an answer that depends on which is refused.
"""

import argparse
import json
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from training.evaluate import answers, load
from training.world.__main__ import FPS, VIDEO_SIDE, suite, write_video
from training.world.questions import Question
from training.world.render import TRAIN_STYLES, Art

CONVERSIONS = ("bilinear", "accurate_rnd+full_chroma_int+full_chroma_inp")
MOST_ASKED = 12
SMOOTH = 24  # frames a second of what moves; the model sees FPS of them


@dataclass(frozen=True)
class Wanted:
    """A clip to be drawn: kind of scene, seconds, frames a second, types of questions that must be answered rightly."""

    kind: str
    seconds: int
    fps: int
    types: frozenset
    fits: callable = lambda scene: True
    share: float = 0.85  # of a clip's questions that must be answered rightly
    hold: int = 0  # seconds for which the last picture stands; then only those types are asked


def real_shots(scene):
    """Cuts between different photographs in their true colours, under a moving camera."""
    photos = [shot.photo for shot in scene.shots]
    true = all(shot.permutation == (0, 1, 2) and not shot.flip for shot in scene.shots)
    moving = any(np.ptp(shot.boxes, 0).max() > 0.2 for shot in scene.shots)
    return scene.camera == "cuts" and len(set(photos)) == len(photos) >= 3 and true and moving


WANTED = {
    "one-object": Wanted("one", 4, SMOOTH, frozenset({"motion", "where", "caption", "background"})),
    "two-objects": Wanted("two", 4, SMOOTH, frozenset({"motion", "relation", "list"})),
    "counting": Wanted(
        "count", 4, SMOOTH, frozenset({"count", "exist", "background"}), lambda scene: len(scene.things) >= 4
    ),
    "appearing": Wanted("appear", 4, SMOOTH, frozenset({"appear", "list", "caption", "where"}), share=0.7),
    "footage": Wanted("footage", 8, SMOOTH, frozenset({"shots", "cut"}), real_shots),
    "sequence": Wanted("sequence", 4, SMOOTH, frozenset({"order", "list"})),
    "five-minutes": Wanted("sequence", 4, FPS, frozenset({"order", "exist"}), share=0.75, hold=296),
}


def probe(path):
    """Side and frames a second of a square clip."""
    shown = ["-select_streams", "v", "-show_entries", "stream=width,r_frame_rate", "-of", "csv=p=0"]
    found = subprocess.run(["ffprobe", "-v", "error", *shown, path], capture_output=True, check=True, text=True).stdout
    edge, rate = found.strip().split(",")
    return int(edge), round(float(Fraction(rate)))


def decode(path, conversion, side):
    """A clip's frames as the encoder sees them, FPS a second, uint8 [F, side, side, 3]."""
    edge, fps = probe(path)
    scale = f"scale=in_color_matrix=bt709:out_range=pc:flags={conversion},format=rgb24"
    command = ["ffmpeg", "-loglevel", "error", "-i", path, "-vf", scale, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    frames = np.frombuffer(raw, np.uint8).reshape(-1, edge, edge, 3)[:: fps // FPS]
    return np.stack([np.array(Image.fromarray(f).resize((side, side), Image.Resampling.BICUBIC)) for f in frames])


def said(model, tokenizer, path, questions, conversion, sandwich):
    """The answers to questions about a clip."""
    frames = decode(path, conversion, model.config["vision_config"]["image_size"])
    return answers(model, tokenizer, [(frames, questions)], sandwich)[0]


def said_both_ways(model, tokenizer, path, questions):
    """(memory, look-again) of each question, or None where the two conversions disagree."""
    both = []
    for conversion in CONVERSIONS:
        memory, again = (said(model, tokenizer, path, questions, conversion, sandwich) for sandwich in (False, True))
        both.append(list(zip(memory, again, strict=True)))
    return [first if first == second else None for first, second in zip(*both, strict=True)]


def answer(args):
    model, tokenizer = load(args.model)
    path = Path(args.clips) / "answers.json"
    clips = json.loads(path.read_text())
    right = total = 0
    for clip in clips:
        asked = [Question(q["type"], q["question"], q["truth"]) for q in clip["questions"]]
        pairs = said_both_ways(model, tokenizer, path.parent / clip["clip"], asked)
        for question, pair in zip(clip["questions"], pairs, strict=True):
            assert pair is not None, (clip["clip"], question["question"], "depends on the conversion of colours")
            question["memory"], question["look-again"] = pair
            right, total = right + (pair[0] == question["truth"]), total + 1
    path.write_text(json.dumps(clips, indent=1) + "\n")
    print(right, "of", total, "answers from memory are true")


def true_questions(model, tokenizer, path, asked):
    """The questions that are answered rightly from memory and by looking again, as entries of answers.json."""
    out = []
    for question, pair in zip(asked, said_both_ways(model, tokenizer, path, asked), strict=True):
        if pair is not None and all(text in (question.answer, *question.accepted) for text in pair):
            memory, again = pair
            entry = {"type": question.type, "question": question.question, "truth": question.answer}
            out.append(entry | {"memory": memory, "look-again": again})
    return out


def promising(model, tokenizer, path, asked, wanted):
    """Whether all wanted types, and enough questions, are answered rightly from memory."""
    answers_ = said(model, tokenizer, path, asked, CONVERSIONS[0], sandwich=False)
    right = [q for q, text in zip(asked, answers_, strict=True) if text in (q.answer, *q.accepted)]
    return wanted.types <= {q.type for q in right} and len(right) >= wanted.share * len(asked)


def find_clip(model, tokenizer, cache, out, name, seed):
    """Draws scenes of the wanted kind until nearly all their questions are answered rightly."""
    wanted = WANTED[name]
    # Styles whose licences need no credit beside the clip, and photographs that may be shown.
    art = Art(cache, TRAIN_STYLES[:3], "open")
    path, frames = out / f"{name}.mp4", wanted.seconds * wanted.fps
    length = frames, frames

    def fits(scene):  # noise would make the file large
        return scene.noise == 0 and wanted.fits(scene)

    for _, pictures, asked in suite(art, seed, 4000, length, VIDEO_SIDE, kind=wanted.kind, plain=True, fits=fits):
        asked = list({q.question: q for q in asked if not wanted.hold or q.type in wanted.types}.values())
        asked = sorted(asked, key=lambda q: q.type not in wanted.types)[:MOST_ASKED]
        if not wanted.types <= {q.type for q in asked}:
            continue
        held = np.repeat(pictures[-1:], wanted.hold * wanted.fps, 0)
        write_video(np.concatenate([pictures, held]), path, wanted.fps)
        if not promising(model, tokenizer, path, asked, wanted):
            continue
        entries = true_questions(model, tokenizer, path, asked)
        print(name, len(entries), "of", len(asked), "right", flush=True)
        if wanted.types <= {entry["type"] for entry in entries} and len(entries) >= wanted.share * len(asked):
            return {"clip": path.name, "frames": (wanted.seconds + wanted.hold) * FPS, "fps": FPS, "questions": entries}
    raise SystemExit(f"no clip of the kind {name} is answered rightly")


def draw(args):
    """Writes the clips; --only leaves the others as they are."""
    model, tokenizer = load(args.model)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "answers.json"
    known = {Path(clip["clip"]).stem: clip for clip in json.loads(path.read_text())} if path.exists() else {}
    for i, name in enumerate(WANTED):
        if name in (args.only or WANTED):
            known[name] = find_clip(model, tokenizer, args.cache, out, name, args.seed + i)
            path.write_text(json.dumps([known[n] for n in WANTED if n in known], indent=1) + "\n")


def main():
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for name, run in (("answer", answer), ("draw", draw)):
        command = commands.add_parser(name)
        command.set_defaults(run=run)
        command.add_argument("--model", required=True)
        if run is answer:
            command.add_argument("--clips", required=True)
        else:
            command.add_argument("--cache", required=True)
            command.add_argument("--out", required=True)
            command.add_argument("--seed", type=int, default=9000)
            command.add_argument("--only", action="append", choices=list(WANTED))
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
