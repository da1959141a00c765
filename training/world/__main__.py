"""Writes a suite: clips, and questions about them with their answers.

python -m training.world --seed S --count N --out DIR --cache DIR
                         [--style NAME] [--frames 4-16] [--split held-out] [--open] [--video]

questions.json holds [{ clip, type, question, answer, accepted }]; `accepted` are other answers that are as true. A clip
is an MP4 of 2 frames a second (--video), or a folder of PNG pictures. Seeds below 1000 belong to training.
"""

import argparse
import json
import subprocess
from pathlib import Path

from PIL import Image

from training.world.clips import draw_clip
from training.world.questions import Asker
from training.world.render import TEST_STYLES, TRAIN_STYLES, Art
from training.world.scene import KINDS, Sampler

FPS = 2
VIDEO_SIDE, PICTURE_SIDE = 384, 96


def suite(art, seed, count, frames, side, split="test", kind=None, plain=False, fits=lambda scene: True):
    """Yields (scene, frames, questions) for `count` clips of `frames` = (fewest, most); `fits` refuses scenes."""
    sampler = Sampler(seed, len(art.available), len(art.photos), art.available, split, cutouts=len(art.cutouts))
    asker = Asker(sampler.rng, plain)
    for _ in range(count):
        length = int(sampler.rng.integers(frames[0], frames[1] + 1))
        scene, pictures, _ = draw_clip(sampler, art, length, side, kind, fits)
        yield scene, pictures, asker.questions(scene)


def write_video(pictures, path, fps=FPS):
    """H.264, BT.709, so well compressed that a question is about the picture and not about the codec."""
    _, height, width, _ = pictures.shape
    size = f"{width}x{height}"
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(fps), "-i", "-"]
    colour = ["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709", "-color_primaries", "bt709"]
    codec = ["-color_trc", "bt709", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18", "-movflags", "+faststart"]
    command = ["ffmpeg", "-y", "-loglevel", "error", *source, *colour, *codec, str(path)]
    subprocess.run(command, input=pictures.tobytes(), check=True)


def write_pictures(pictures, folder):
    folder.mkdir(exist_ok=True)
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"frame-{i:03d}.png")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", required=True, help="folder of training.world.fetch")
    parser.add_argument("--style", choices=(*TRAIN_STYLES, *TEST_STYLES), help="all training styles unless given")
    parser.add_argument("--frames", default="8", help="a number, or fewest-most")
    parser.add_argument("--split", choices=("train", "test", "held-out"), default="test")
    parser.add_argument("--kind", choices=(*KINDS, "live"), help="all but live unless given")
    parser.add_argument("--open", action="store_true", help="only photographs that may be shown")
    parser.add_argument("--video", action="store_true", help="MP4 instead of PNG")
    return parser.parse_args()


def main():
    args = parse()
    fewest, _, most = args.frames.partition("-")
    photos = "open" if args.open else "train" if args.split == "train" else "test"
    art = Art(args.cache, [args.style] if args.style else TRAIN_STYLES, photos)
    args.out.mkdir(parents=True, exist_ok=True)
    questions = []
    side = VIDEO_SIDE if args.video else PICTURE_SIDE
    lengths = int(fewest), int(most or fewest)
    clips = suite(art, args.seed, args.count, lengths, side, args.split, args.kind)
    for i, (_, pictures, asked) in enumerate(clips):
        name = f"clip-{i:04d}"
        if args.video:
            name += ".mp4"
            write_video(pictures, args.out / name)
        else:
            write_pictures(pictures, args.out / name)
        questions += [{"clip": name, **vars(question)} for question in asked]
    (args.out / "questions.json").write_text(json.dumps(questions, indent=1) + "\n")
    print(args.count, "clips,", len(questions), "questions")


if __name__ == "__main__":
    main()
