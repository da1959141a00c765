#!/usr/bin/env python3
"""Clips with known text for measure.py, of packages of Debian that hold free recordings.

Usage: prompts.py SOUNDS MUSIC FOLDER

    apt-get download asterisk-core-sounds-en asterisk-core-sounds-en-wav asterisk-moh-opsound-wav pocketsphinx-testdata
    for each in *.deb; do dpkg-deb -x $each sounds; done
    python training/speech/prompts.py sounds sounds/usr/share/asterisk/moh clips

SOUNDS is where all were unpacked: telephone prompts (CC BY-SA 3.0, one speaker, 8 kHz) with the texts that they were read
from, a reader of LibriVox and a player of cards (BSD, 16 kHz) with theirs. MUSIC holds music for those who wait (CC BY-SA). Writes clips of
about two minutes with a pause between recordings, one of them with music 20 dB below; beside each its text, and when each recording begins
to sound. And silence, noise, hum and music, in which nobody speaks. Needs ffmpeg.
"""
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

RATE = 16000
PAUSE = np.zeros(int(0.8 * RATE), np.float32)
PICTURE = ["-f", "lavfi", "-i", "color=gray:s=64x64:r=1", "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", "-shortest"]


def read(path):
    command = ["ffmpeg", "-loglevel", "error", "-i", str(path), "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)


def write(path, samples, text="", starts=()):
    command = ["ffmpeg", "-y", "-loglevel", "error", "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", "-", *PICTURE, str(path)]
    subprocess.run(command, input=samples.astype(np.float32).tobytes(), check=True)
    Path(f"{path}.txt").write_text(text + "\n" if text else "")
    Path(f"{path}.starts.json").write_text(json.dumps(starts))


def onset(samples):
    """Seconds to the first hundredth of a second that is less than 26 dB below the loudest."""
    loud = np.sqrt((samples[: len(samples) // 160 * 160].reshape(-1, 160) ** 2).mean(1))
    return float(np.argmax(loud > loud.max() / 20)) / 100


def prompts(sounds):
    """Recordings of at least four words and their texts, as the list of them has it."""
    listed = next(sounds.rglob("core-sounds-en.txt*"))
    lines = subprocess.run(["gzip", "-cdf", listed], capture_output=True, check=True).stdout.decode().splitlines()
    files = {path.relative_to(next(sounds.rglob("en_US_f_Allison"))).with_suffix("").as_posix(): path for path in sounds.rglob("en_US_f_Allison/**/*.wav")}
    for line in lines:
        name, _, text = line.partition(":")
        if not re.search(r"[\[\]<>]|\d", text) and len(text.split()) >= 4 and name in files:
            yield read(files[name]), text.strip()


def readers(sounds):
    """Recordings of two other speakers."""
    for folder, listed in (("librivox", "transcription"), ("cards", "cards.transcription")):
        place = next(sounds.rglob(f"pocketsphinx/test/data/{folder}"))
        for text, name in re.findall(r"<s> (.*?) *</s> \((.*)\)", (place / listed).read_text()):
            yield read(place / f"{name}.wav"), text


def clips(recordings, seconds):
    """Recordings one behind another: the sound, what is said, and when each begins, with its text."""
    parts, said = [PAUSE], []
    for samples, text in recordings:
        said.append((sum(map(len, parts)) / RATE + onset(samples), text))
        parts += [samples, PAUSE]
        if sum(map(len, parts)) > seconds * RATE:
            yield np.concatenate(parts), said
            parts, said = [PAUSE], []
    if said:
        yield np.concatenate(parts), said


def main(sounds, music, folder):
    folder.mkdir(parents=True, exist_ok=True)
    tune = np.concatenate([read(path) for path in sorted(music.glob("*.wav"))])

    def clip(name, samples, said):
        write(folder / f"{name}.mp4", samples, " ".join(text for _, text in said), said)

    for number, (samples, said) in enumerate(clips(prompts(sounds), 120)):
        clip(f"prompts-{number}", samples, said)
        if number == 0:
            under = np.resize(tune, len(samples))
            loud = np.sqrt((samples**2).mean() / (under**2).mean())
            clip("prompts-with-music", samples + under * loud / 10, said)
    for number, (samples, said) in enumerate(clips(readers(sounds), 120)):
        clip(f"readers-{number}", samples, said)
    time = np.arange(180 * RATE) / RATE
    rng = np.random.default_rng(1)
    write(folder / "silence.mp4", 0 * time)
    write(folder / "noise.mp4", rng.normal(0, 0.05, len(time)))
    write(folder / "hum.mp4", 0.1 * np.sin(2 * np.pi * 50 * time) + 0.02 * np.sin(2 * np.pi * 150 * time))
    write(folder / "music.mp4", tune[: 300 * RATE])


main(*map(Path, sys.argv[1:]))
