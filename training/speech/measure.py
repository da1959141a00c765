#!/usr/bin/env python3
"""Word error rates of the page's transcripts and of PyTorch's with the same weights.

Usage: measure.py HF_FOLDER VIDEO…

HF_FOLDER is what 1_rebuild.py writes. Beside a video there may be VIDEO.txt with what is said in it; where there is none, PyTorch's own
transcript is the reference, and the rate is how often the two differ. An empty VIDEO.txt says that nobody speaks: then words are counted.
VIDEO.starts.json has when each recording in it begins to sound, as prompts.py writes it. PyTorch is given the stretches in which the page
heard somebody.
A line of JSON for each video is appended to measured.jsonl, and what is there is summed up. Needs ffmpeg, jiwer, transformers, torch; run it from the
repository's root.
"""
import json
import subprocess
import sys
from pathlib import Path

import jiwer
import numpy as np
import torch
from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperTokenizerFast
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

KEPT = Path("measured.jsonl")
normalise = EnglishTextNormalizer({})


def page(video):
    run = subprocess.run(["npm", "run", "--silent", "ask", "--", video, "--transcript", "json"], capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    return json.loads(run.stdout)["lines"]


def sound(video):
    command = ["ffmpeg", "-loglevel", "error", "-i", video, "-ar", "16000", "-ac", "1", "-f", "f32le", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)


class PyTorch:
    def __init__(self, folder):
        self.model = WhisperForConditionalGeneration.from_pretrained(folder).eval()
        self.extract = WhisperFeatureExtractor.from_pretrained(folder)
        self.tokenizer = WhisperTokenizerFast.from_pretrained(folder)

    def write(self, samples, spans):
        """Writes down the given stretches (seconds) one by one."""
        texts = []
        for start, end in spans:
            part = samples[int(start * 16000):int(end * 16000)]
            inputs = self.extract(part, sampling_rate=16000, return_tensors="pt", return_attention_mask=True)
            with torch.no_grad():
                ids = self.model.generate(**inputs, return_timestamps=True, max_new_tokens=440)
            texts.append(self.tokenizer.decode(ids[0], skip_special_tokens=True))
        return " ".join(texts)


def windows(lines, seconds):
    """Stretches of the page's lines of at most 28 s, with a fifth of a second around each."""
    spans = []
    for line in lines:
        start, end = max(0, line["startSeconds"] - 0.2), min(seconds, line["endSeconds"] + 0.2)
        if spans and end - spans[-1][0] <= 28 and start - spans[-1][1] < 2:
            spans[-1][1] = end
        else:
            spans.append([start, end])
    return spans


def errors(truth, said):
    """Substitutions, deletions, insertions."""
    found = jiwer.process_words(truth, said)
    return [found.substitutions, found.deletions, found.insertions]


def start_errors(lines, starts):
    """By how much the page's start of each recording's first word is off, where that word was heard right."""
    told = [(token, word["startSeconds"]) for line in lines for word in line["words"] or [] for token in normalise(word["text"]).split()]
    first, tokens = {}, []
    for seconds, text in starts:
        first[len(tokens)] = seconds
        tokens += normalise(text).split()
    if not told:
        return []
    off = []
    for chunk in jiwer.process_words(" ".join(tokens), " ".join(token for token, _ in told)).alignments[0]:
        if chunk.type == "equal":
            for place in range(chunk.ref_start_idx, chunk.ref_end_idx):
                if place in first:
                    off.append(told[chunk.hyp_start_idx + place - chunk.ref_start_idx][1] - first[place])
    return off


def measure(torch_model, video):
    lines, samples = page(video), sound(video)
    said = normalise(" ".join(line["text"] for line in lines))
    row = {"name": Path(video).stem, "minutes": len(samples) / 16000 / 60, "said": said}
    text, starts = Path(video + ".txt"), Path(video + ".starts.json")
    if text.exists() and not normalise(text.read_text()):
        return {**row, "words": 0}
    theirs = normalise(torch_model.write(samples, windows(lines, len(samples) / 16000)))
    truth = normalise(text.read_text()) if text.exists() else theirs
    return {
        **row, "words": len(truth.split()), "page": errors(truth, said), "torch": errors(truth, theirs),
        "apart": errors(theirs, said), "theirs": theirs,
        "starts": start_errors(lines, json.loads(starts.read_text())) if starts.exists() else [],
    }


def show(name, rows):
    minutes, words = sum(row["minutes"] for row in rows), sum(row["words"] for row in rows)
    if words == 0:
        invented = sum(len(row["said"].split()) for row in rows)
        return print(f"{name}: {minutes:.1f} min without speech, {invented} invented words, {invented / minutes:.2f} a minute")
    rates = {key: 100 * sum(sum(row[key]) for row in rows) / words for key in ("page", "torch", "apart")}
    off = np.array([each for row in rows for each in row["starts"]])
    told = f", starts of {len(off)} recordings off by {np.median(np.abs(off)):.2f} s in the median, 90 % within {np.quantile(np.abs(off), 0.9):.2f} s" if len(off) else ""
    print(
        f"{name}: {minutes:.1f} min, {words} words, page {rates['page']:.2f} %, PyTorch {rates['torch']:.2f} %, "
        f"page against PyTorch {rates['apart']:.2f} %{told}"
    )


def main(folder, videos):
    torch_model = PyTorch(folder)
    for video in videos:
        row = measure(torch_model, video)
        show(row["name"], [row])
        with KEPT.open("a") as kept:
            kept.write(json.dumps(row) + "\n")
    rows = [json.loads(line) for line in KEPT.read_text().splitlines()]
    for name, part in (("speech", [row for row in rows if row["words"]]), ("nobody speaks", [row for row in rows if not row["words"]])):
        if part:
            show(f"all {name}", part)


main(sys.argv[1], sys.argv[2:])
