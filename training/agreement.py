"""Whether the browser and PyTorch answer alike, word for word.

npm run eval -- --suite SUITE --model DIR --from both --answers ANSWERS.json
python -m training.agreement --suite SUITE --model DIR --answers ANSWERS.json

SUITE is a folder of `python -m training.world` with PNG pictures, which both sides then see alike. Prints the share of
greedy answers that are equal, and those that are not.
"""

import argparse
import collections
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from training.evaluate import answers, load
from training.world.questions import Question


def read_clips(suite):
    """[(name, frames uint8 [F, S, S, 3], questions)] of a suite."""
    asked = collections.defaultdict(list)
    for entry in json.loads((suite / "questions.json").read_text()):
        asked[entry["clip"]].append(Question(entry["type"], entry["question"], entry["answer"], entry["accepted"]))
    for name, questions in asked.items():
        pictures = [np.array(Image.open(path).convert("RGB")) for path in sorted((suite / name).glob("frame-*.png"))]
        yield name, np.stack(pictures), questions


def torch_answers(model, tokenizer, suite):
    """(clip, question) → answers from memory and by looking again."""
    out = {}
    for name, pictures, questions in read_clips(suite):
        clip = [(pictures, questions)]
        memory, again = (answers(model, tokenizer, clip, sandwich)[0] for sandwich in (False, True))
        for question, *both in zip(questions, memory, again, strict=True):
            out[name, question.question] = both
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", required=True, type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--answers", required=True, type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    ours = torch_answers(*load(args.model), args.suite)
    equal = total = 0
    for entry in json.loads(args.answers.read_text()):
        for name, said in zip(("memory", "lookAgain"), ours[entry["clip"], entry["question"]], strict=True):
            if name in entry:
                total += 1
                equal += entry[name] == said
                if entry[name] != said:
                    print(entry["clip"], name, entry["question"], "| browser:", entry[name], "| PyTorch:", said)
    print(f"{equal} of {total} answers are equal: {equal / total:.2%}")


if __name__ == "__main__":
    main()
