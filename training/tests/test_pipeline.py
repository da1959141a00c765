"""The whole path at toy size, with made-up sprites and photographs: data, three stages, export, evaluation."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from training.evaluate import ask_suite, load, score
from training.export import export
from training.reference import folder
from training.world.render import TEST_STYLES, TRAIN_STYLES
from training.world.vocabulary import NOUNS

MINUTES = "0.15"


def make_cache(cache):
    """Sprites that are coloured noise in a disc, and photographs that are smooth noise."""
    rng = np.random.default_rng(0)
    axis = np.linspace(-1, 1, 128)
    disc = (axis[:, None] ** 2 + axis**2 < 0.9) * 255
    sprites = np.empty((len(NOUNS), 128, 128, 4), np.uint8)
    for sprite in sprites:
        coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), np.uint8))
        sprite[..., :3], sprite[..., 3] = np.array(coarse.resize((128, 128))), disc
    np.savez(cache / "sprites.npz", **dict.fromkeys((*TRAIN_STYLES, *TEST_STYLES), sprites))
    (cache / "photos").mkdir()
    for i in range(20):
        coarse = Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8))
        coarse.resize((480, 360)).save(cache / "photos" / f"{i:02d}.jpg")


def run(*arguments):
    subprocess.run([sys.executable, "-m", *map(str, arguments)], check=True)


class PipelineTest(unittest.TestCase):
    def test_from_nothing_to_answers(self):
        with tempfile.TemporaryDirectory() as name:
            cache, out, model = Path(name, "cache"), Path(name, "run"), Path(name, "model")
            cache.mkdir()
            out.mkdir()
            make_cache(cache)
            run("training.tokenizer", "--out", out / "tokenizer.json")
            options = ["--cache", cache, "--into", out, "--minutes", MINUTES, "--workers", 0, "--threads", 1]
            options += ["--clock"]
            for stage in ("connector", "vision", "language"):
                run("training.train", "--stage", stage, *options)
            log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
            self.assertEqual({entry["stage"] for entry in log}, {"connector", "vision", "language"})
            self.assertTrue(log[-1]["exact"])

            export(out, model)
            self.assertLess((model / "model.safetensors").stat().st_size, 10e6)
            self.assertEqual(folder.read_config(model)["model_type"], "auroralong")
            result = score(ask_suite(*load(model), cache, "sandwich", 4))
            self.assertGreater(result["n"], 20)

            suite = Path(name, "suite")
            run("training.world", "--seed", 7000, "--count", 3, "--out", suite, "--cache", cache, "--frames", "4-16")
            asked = json.loads((suite / "questions.json").read_text())
            self.assertEqual({"clip", "type", "question", "answer", "accepted"}, set(asked[0]))
            self.assertTrue((suite / asked[0]["clip"] / "frame-003.png").exists())


if __name__ == "__main__":
    unittest.main()
