#!/usr/bin/env python3
"""Word error rates of the page's transcripts and of PyTorch's with the same weights.

Usage: measure.py HF_FOLDER VIDEO…

HF_FOLDER is what 1_rebuild.py writes. Beside a video there may be VIDEO.txt with what is said in it; where there is none, PyTorch's own
transcript is the reference, and the rate is how often the two differ. An empty VIDEO.txt says that nobody speaks: then words are counted.
Needs ffmpeg, jiwer, transformers, torch; run it from the repository's root.
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

    def write(self, samples, windows):
        """Writes down the given windows (seconds) one by one."""
        texts = []
        for start, end in windows:
            part = samples[int(start * 16000):int(end * 16000)]
            features = self.extract(part, sampling_rate=16000, return_tensors="pt").input_features
            with torch.no_grad():
                ids = self.model.generate(features, return_timestamps=True, max_new_tokens=440)
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


def main(folder, videos):
    reference_model = PyTorch(folder)
    normalise = EnglishTextNormalizer({})
    for video in videos:
        lines = page(video)
        said = normalise(" ".join(line["text"] for line in lines))
        samples = sound(video)
        minutes = len(samples) / 16000 / 60
        text = Path(video + ".txt")
        truth = normalise(text.read_text()) if text.exists() else None
        if truth == "":
            print(f"{Path(video).name}: {minutes:.1f} min, {len(said.split())} invented words: {said!r}")
            continue
        theirs = normalise(reference_model.write(samples, windows(lines, len(samples) / 16000)))
        row = f"{Path(video).name}: {minutes:.1f} min, "
        if truth is None:
            print(f"{row}{len(theirs.split())} words, page against PyTorch {100 * jiwer.wer(theirs, said):.2f} %")
        else:
            print(f"{row}{len(truth.split())} words, page {100 * jiwer.wer(truth, said):.2f} %, PyTorch {100 * jiwer.wer(truth, theirs):.2f} %")


main(sys.argv[1], sys.argv[2:])
