"""Sample clips for the page, and what the model answers about them.

python -m training.samples answer --model DIR --clips public/samples
    fills `memory` and `look-again` of every question in the folder's answers.json
python -m training.samples draw --model DIR --cache CACHE --out DIR [--seed 9000]
    draws clips until the model is right about each, and writes them with their answers.json

The pictures are decoded from the MP4 in two ways, rounded differently; an answer that depends on which is refused.
"""

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from training.evaluate import answers, load
from training.world.__main__ import FPS, VIDEO_SIDE, suite, write_video
from training.world.questions import Question
from training.world.render import TRAIN_STYLES, Art

CONVERSIONS = ("bilinear", "accurate_rnd+full_chroma_int+full_chroma_inp")
# file: (kind of scene, camera or None, frames, types that must be asked)
WANTED = {
    "one-object": ("one", None, 8, {"motion", "where", "caption"}),
    "two-objects": ("two", None, 8, {"motion", "relation", "list"}),
    "sequence": ("sequence", None, 8, {"order", "list"}),
    "counting": ("count", None, 8, {"count", "background"}),
    "appearing": ("appear", None, 12, {"appear", "when"}),
    "camera": ("footage", "pans", 12, {"camera", "cut"}),
    "cuts": ("footage", "cuts", 12, {"shots", "cut"}),
}


def decode(path, conversion, side):
    """A clip's frames as the encoder sees them, uint8 [F, side, side, 3]; the clip is square."""
    probe = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width", "-of", "csv=p=0", path]
    edge = int(subprocess.run(probe, capture_output=True, check=True, text=True).stdout)
    scale = f"scale=in_color_matrix=bt709:out_range=pc:flags={conversion},format=rgb24"
    command = ["ffmpeg", "-loglevel", "error", "-i", path, "-vf", scale, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    frames = np.frombuffer(raw, np.uint8).reshape(-1, edge, edge, 3)
    return np.stack([np.array(Image.fromarray(f).resize((side, side), Image.Resampling.BICUBIC)) for f in frames])


def said(model, tokenizer, path, questions):
    """(memory, look-again) of each question, or None where the two conversions disagree."""
    side = model.config["vision_config"]["image_size"]
    both = []
    for conversion in CONVERSIONS:
        clip = [(decode(path, conversion, side), questions)]
        memory, again = (answers(model, tokenizer, clip, sandwich)[0] for sandwich in (False, True))
        both.append(list(zip(memory, again, strict=True)))
    return [first if first == second else None for first, second in zip(*both, strict=True)]


def answer(args):
    model, tokenizer = load(args.model)
    path = Path(args.clips) / "answers.json"
    clips = json.loads(path.read_text())
    right = total = 0
    for clip in clips:
        asked = [Question(q["type"], q["question"], q["truth"]) for q in clip["questions"]]
        pairs = said(model, tokenizer, path.parent / clip["clip"], asked)
        for question, pair in zip(clip["questions"], pairs, strict=True):
            assert pair is not None, (clip["clip"], question["question"], "depends on the conversion of colours")
            question["memory"], question["look-again"] = pair
            right, total = right + (pair[0] == question["truth"]), total + 1
    path.write_text(json.dumps(clips, indent=1) + "\n")
    print(right, "of", total, "answers from memory are true")


def true_questions(model, tokenizer, path, asked):
    """The questions, one of a wording, that are answered rightly from memory and by looking again."""
    out, seen = [], set()
    for question, pair in zip(asked, said(model, tokenizer, path, asked), strict=True):
        right = pair is not None and all(text in (question.answer, *question.accepted) for text in pair)
        if right and question.question not in seen:
            seen.add(question.question)
            out.append({
                "type": question.type,
                "question": question.question,
                "truth": question.answer,
                "memory": pair[0],
                "look-again": pair[1],
            })  # fmt: skip
    return out


def find_clip(model, tokenizer, art, out, name, seed):
    """Draws scenes of the wanted kind until all their questions are answered rightly."""
    kind, camera, frames, types = WANTED[name]
    path = out / f"{name}.mp4"
    for scene, pictures, asked in suite(art, seed, 400, (frames, frames), VIDEO_SIDE, "test", kind, plain=True):
        if (camera and not scene.camera.startswith(camera)) or not types <= {q.type for q in asked}:
            continue
        write_video(pictures, path)
        entries = true_questions(model, tokenizer, path, asked)
        if types <= {entry["type"] for entry in entries} and len(entries) >= 0.85 * len(asked):
            return {"clip": path.name, "frames": frames, "fps": FPS, "questions": entries}
    raise SystemExit(f"no clip of the kind {name} is answered rightly")


def draw(args):
    model, tokenizer = load(args.model)
    art = Art(args.cache, TRAIN_STYLES[:3], "test")  # styles whose licences need no credit beside the clip
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    clips = [find_clip(model, tokenizer, art, out, name, args.seed + i) for i, name in enumerate(WANTED)]
    (out / "answers.json").write_text(json.dumps(clips, indent=1) + "\n")


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
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
