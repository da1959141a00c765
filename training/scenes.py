"""Clips with known cuts, and where PySceneDetect finds them: what `npm run scenes -- DIR` compares the app with.

    python -m training.scenes DIR            # needs ffmpeg on the path and `pip install scenedetect opencv-python-headless`

Each clip joins shots of photographs and drawings in public/probe, filmed by a camera that pans, zooms, shakes and flickers. Cuts lie at
any frame of 24 a second. DIR/scenes.json has for each clip the frames of SAMPLED_FPS a second at which a new shot is first seen, and
those at which PySceneDetect (https://www.scenedetect.com) says so, given the same sampled frames.
"""

import argparse
import json
import random
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from scenedetect import AdaptiveDetector, ContentDetector, detect

FPS = 24
SAMPLED_FPS = 2
SIZE = 320
PICTURES = sorted(Path("public/probe").glob("*/*.[jp][pn]g"))


def film(picture: Image.Image, frames: int, rng: random.Random) -> list[np.ndarray]:
    """A shot [frames, SIZE, SIZE, 3]: a window that moves over the picture."""
    side = min(picture.size)
    window = [side * rng.uniform(0.55, 0.95) for _ in range(2)]
    if rng.random() < 0.5:
        window[1] = window[0]
    at = [[rng.uniform(0, size - max(window)) for size in picture.size] for _ in range(2)]
    still = rng.random() < 0.3
    shake = rng.choice([0, 0, 0.01]) * side
    flicker = rng.choice([0, 0, 0.08])
    shot = []
    for i in range(frames):
        share = 0 if still else i / max(1, frames - 1)
        width = window[0] + share * (window[1] - window[0])
        left, top = (at[0][k] + share * (at[1][k] - at[0][k]) + rng.gauss(0, shake) for k in range(2))
        box = (left, top, left + width, top + width)
        shown = np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BILINEAR, box=clamp(box, picture.size)), float)
        shown = shown * (1 + rng.uniform(-flicker, flicker)) + np.random.default_rng(i).normal(0, 2, shown.shape)
        shot.append(shown.clip(0, 255).astype(np.uint8))
    return shot


def clamp(box: tuple[float, ...], size: tuple[int, int]) -> tuple[float, ...]:
    left, top, right, bottom = box
    dx = max(0, -left) - max(0, right - size[0])
    dy = max(0, -top) - max(0, bottom - size[1])
    return (max(0, left + dx), max(0, top + dy), min(size[0], right + dx), min(size[1], bottom + dy))


def make_clip(rng: random.Random) -> tuple[list[np.ndarray], list[int]]:
    """Frames, and the frames that begin a new shot."""
    frames: list[np.ndarray] = []
    cuts: list[int] = []
    for path in rng.sample(PICTURES, rng.randint(3, 7)):
        if frames:
            cuts.append(len(frames))
        frames += film(Image.open(path).convert("RGB"), rng.randint(2 * FPS, 6 * FPS), rng)
    return frames, cuts


def encode(frames: list[np.ndarray], fps: int, path: Path, *codec: str) -> None:
    command = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE}x{SIZE}", "-r", str(fps)]
    subprocess.run([*command, "-i", "-", *codec, str(path)], input=b"".join(f.tobytes() for f in frames), check=True)


def found_by(detector, frames: list[np.ndarray]) -> list[int]:
    """Frames at which PySceneDetect says that a scene begins."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sampled.avi"
        encode(frames, SAMPLED_FPS, path, "-c:v", "ffv1")
        return [scene[0].frame_num for scene in detect(str(path), detector)][1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    step = FPS // SAMPLED_FPS
    listed = []
    for number in range(options.clips):
        frames, cuts = make_clip(random.Random(f"{options.seed} {number}"))
        name = f"clip-{number:02}.mp4"
        encode(frames, FPS, options.folder / name, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "20")
        sampled = frames[::step]
        listed.append(
            {
                "clip": name,
                "cuts": [-(-cut // step) for cut in cuts],
                "content": found_by(ContentDetector(min_scene_len=1), sampled),
                "adaptive": found_by(AdaptiveDetector(min_scene_len=1), sampled),
            }
        )
    (options.folder / "scenes.json").write_text(json.dumps({"fps": SAMPLED_FPS, "clips": listed}, indent=1))


if __name__ == "__main__":
    main()
