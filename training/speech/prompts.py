#!/usr/bin/env python3
"""Clips with known text for measure.py, of two packages of Debian that hold free recordings.

Usage: prompts.py SOUNDS MUSIC FOLDER

    apt-get download asterisk-core-sounds-en asterisk-core-sounds-en-wav asterisk-moh-opsound-wav
    for each in *.deb; do dpkg-deb -x $each sounds; done
    python training/speech/prompts.py sounds sounds/usr/share/asterisk/moh clips

SOUNDS is where the first two were unpacked: telephone prompts (CC BY-SA 3.0, one speaker, 8 kHz) with the texts that they were read
from. MUSIC holds music for those who wait (CC BY-SA). Writes clips of about two minutes with a pause between prompts and their
text beside them, one of them with music 20 dB below; and silence, noise, hum and music, in which nobody speaks. Needs ffmpeg.
"""
import re
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np

RATE = 8000
PAUSE = np.zeros(int(0.8 * RATE), np.float32)
PICTURE = ["-f", "lavfi", "-i", "color=gray:s=64x64:r=1", "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", "-shortest"]


def read(path):
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 32768


def write(path, samples, text):
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", "-", *PICTURE, str(path)]
    subprocess.run(command, input=samples.astype(np.float32).tobytes(), check=True)
    Path(f"{path}.txt").write_text(text + "\n" if text else "")


def prompts(sounds):
    """Recordings of at least four words and their texts, as the list of them has it."""
    listed = next(sounds.rglob("core-sounds-en.txt*"))
    lines = subprocess.run(["gzip", "-cdf", listed], capture_output=True, check=True).stdout.decode().splitlines()
    files = {path.relative_to(next(sounds.rglob("en_US_f_Allison"))).with_suffix("").as_posix(): path for path in sounds.rglob("en_US_f_Allison/**/*.wav")}
    for line in lines:
        name, _, text = line.partition(":")
        if not re.search(r"[\[\]<>]|\d", text) and len(text.split()) >= 4 and name in files:
            yield read(files[name]), text.strip()


def main(sounds, music, folder):
    folder.mkdir(parents=True, exist_ok=True)
    parts, texts, number = [], [], 0
    tune = np.concatenate([read(path) for path in sorted(music.glob("*.wav"))])
    for samples, text in [*prompts(sounds), (None, None)]:
        if samples is not None:
            parts += [samples, PAUSE]
            texts.append(text)
        if parts and (samples is None or sum(map(len, parts)) > 120 * RATE):
            clip = np.concatenate([PAUSE, *parts])
            write(folder / f"prompts-{number}.mp4", clip, " ".join(texts))
            if number == 0:
                loud = np.sqrt((clip**2).mean() / (tune[: len(clip)] ** 2).mean())
                write(folder / "prompts-with-music.mp4", clip + tune[: len(clip)] * loud / 10, " ".join(texts))
            parts, texts, number = [], [], number + 1
    time = np.arange(180 * RATE) / RATE
    rng = np.random.default_rng(1)
    write(folder / "silence.mp4", 0 * time, "")
    write(folder / "noise.mp4", rng.normal(0, 0.05, len(time)), "")
    write(folder / "hum.mp4", 0.1 * np.sin(2 * np.pi * 50 * time) + 0.02 * np.sin(2 * np.pi * 150 * time), "")
    write(folder / "music.mp4", tune[: 300 * RATE], "")


main(*map(Path, sys.argv[1:]))
