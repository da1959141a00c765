"""The whole path at toy size, with made-up sprites and photographs: data, three stages, export, evaluation."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from training.evaluate import ask_suite, load, score
from training.export import export
from training.reference import folder
from training.tests.toy import make_cache

MINUTES = "0.15"


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
