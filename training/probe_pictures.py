"""Makes the pictures that `npm run probe` shows a model, with their captions: public/probe.

python -m training.probe_pictures --noto node_modules/@iconify-json/noto --austen r-cran-janeaustenr_1.0.0-1_all.deb

`drawn`: sprites of Noto Emoji (Apache-2.0) in the words of the built-in model. What a caption names lies in the middle
square; another thing lies outside it, so that the ways to make a picture square give different answers. `photographs`:
pictures of scikit-image's data that are in the public domain or CC0, and a paragraph of Jane Austen's.
"""

import argparse
import io
import json
from pathlib import Path

import resvg_py
import skimage
from PIL import Image

from training.prose import novels
from training.world.fetch import icon_svg
from training.world.vocabulary import COLOURS, NOUNS

OUT = Path(__file__).parents[1] / "public/probe"
LONG, SHORT = 176, 112
DRAWN_QUESTION, PHOTO_QUESTION = "Which objects are there?", "Describe the picture in one sentence."
# the thing in the middle, the one beside it, background, whether the picture is taller than wide, where the thing lies: of
# forty-eight drawn at random those that nano knows, and that wrong ways to prepare them and to sort their tokens cost most
DRAWN = (
    ("turtle", "cactus", "blue", False, 16, 21),
    ("cake", "carrot", "white", False, 14, 13),
    ("carrot", "pig", "white", False, 23, 16),
    ("snail", "pizza", "gray", False, 12, 18),
    ("tree", "hat", "green", False, 26, 16),
    ("frog", "airplane", "white", False, 24, 12),
    ("banana", "ghost", "black", False, 26, 16),
    ("pig", "panda", "blue", False, 14, 27),
    ("watermelon", "balloon", "purple", False, 22, 15),
    ("guitar", "sailboat", "black", False, 21, 27),
    ("fox", "flower", "blue", False, 18, 17),
    ("apple", "cake", "gray", True, 16, 21),
    ("lemon", "penguin", "purple", True, 23, 21),
    ("panda", "bee", "green", True, 27, 27),
    ("sailboat", "balloon", "gray", True, 16, 22),
    ("key", "cactus", "purple", True, 18, 16),
)
SIDE, BESIDE = 64, 31
# file of scikit-image: caption, credit
PHOTOGRAPHS = {
    "astronaut.png": ("A woman in an orange space suit.", "NASA, public domain"),
    "brick.png": ("A wall of bricks.", "CC0Textures, CC0"),
    "camera.png": ("A man with a camera on a tripod.", "Lav Varshney, CC0"),
    "chelsea.png": ("A close-up of a cat.", "Stefan van der Walt, CC0"),
    "coffee.png": ("A cup of coffee on a saucer.", "Rachel Michetti, CC0"),
    "coins.png": ("Rows of ancient coins.", "Brooklyn Museum, no known copyright restrictions"),
    "grass.png": ("Blades of grass.", "linolafett, CC0"),
    "gravel.png": ("Small stones on the ground.", "CC0Textures, CC0"),
    "horse.png": ("The black shape of a horse.", "Andreas Preuss, CC0"),
    "hubble_deep_field.jpg": ("Stars and galaxies in the dark sky.", "NASA, public domain"),
    "retina.jpg": ("The inside of an eye with its blood vessels.", "Mikael Häggström, CC0"),
    "rocket.jpg": ("A rocket on its launch pad at dusk.", "SpaceX, public domain"),
}
# questions with their answers, which need no picture to be told from answers whose words are shuffled
ANSWERS = (
    ("Where does the pig move?", "The pig moves to the left."),
    ("Does the pig change its size?", "The pig stays the same size."),
    ("Where is the key at the end?", "The key ends up on the right."),
    ("Is there a cat in the video?", "No, there is no cat."),
    ("Which color is the background?", "The background is yellow."),
    ("How many objects are there?", "There are three objects."),
    ("In what direction does the turtle go?", "The turtle moves up."),
)


def sprites(folder):
    icons = json.loads((folder / "icons.json").read_text())
    chars = json.loads((folder / "chars.json").read_text())

    def sprite(noun, side):
        code = NOUNS[noun][0]
        name = chars.get(code) or chars[f"{code}-fe0f"]
        image = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=icon_svg(icons, name)))))
        return image.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS)

    return sprite


def article(noun):
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def draw(sprite, thing, beside, background, tall, x, y):
    """The thing lies within the middle square, what lies beside begins where that ends."""
    canvas = Image.new("RGB", (SHORT, LONG) if tall else (LONG, SHORT), COLOURS[background])
    place = (x + (LONG - SHORT) // 2, y)
    for noun, side, (left, top) in (
        (thing, SIDE, place),
        (beside, BESIDE, (0, 40)),
        (beside, BESIDE, (LONG - BESIDE, 12)),
    ):
        image = sprite(noun, side)
        canvas.paste(image, (top, left) if tall else (left, top), image)
    return canvas


def write_drawn(noto):
    out = OUT / "drawn"
    out.mkdir(parents=True, exist_ok=True)
    pictures, sprite = [], sprites(noto)
    for thing, *rest in DRAWN:
        draw(sprite, thing, *rest).save(out / f"{thing}.png", optimize=True)
        pictures.append({"file": f"{thing}.png", "caption": f"{article(thing).capitalize()}."})
    passage = [{"question": question, "text": text} for question, text in ANSWERS]
    write(out, {"question": DRAWN_QUESTION, "pictures": pictures, "passage": passage})


def write_photographs(deb):
    out = OUT / "photographs"
    out.mkdir(parents=True, exist_ok=True)
    pictures = []
    for file, (caption, _) in PHOTOGRAPHS.items():
        image = Image.open(Path(skimage.__file__).parent / "data" / file).convert("RGB")
        image.thumbnail((448, 448), Image.Resampling.LANCZOS)
        name = f"{Path(file).stem.replace('_', '-')}.jpg"
        for quality in range(88, 30, -6):
            image.save(out / name, quality=quality, optimize=True)
            if (out / name).stat().st_size <= 40_000:
                break
        pictures.append({"file": name, "caption": caption})
    passage = [{"question": None, "text": paragraph(deb)}]
    write(out, {"question": PHOTO_QUESTION, "pictures": pictures, "passage": passage})


def paragraph(deb):
    """The first words of Sense and Sensibility."""
    start = "The family of Dashwood had long been settled in Sussex."
    text = next(novel for novel in novels(deb) if start in novel)
    words = text[text.index(start) :].split()[:230]
    return " ".join(words)


CREDITS = """# The pictures of `npm run probe`

Made by `python -m training.probe_pictures`. `drawn`: in the built-in model's words; sprites of Noto Emoji (Apache-2.0).
`photographs`: scikit-image's data, made smaller, with captions of ours; its paragraph is the beginning of Jane Austen's
Sense and Sensibility.

"""


def write_credits():
    lines = (f"- {Path(file).stem.replace('_', '-')}.jpg: {credit}\n" for file, (_, credit) in PHOTOGRAPHS.items())
    (OUT / "README.md").write_text(CREDITS + "".join(lines))


def write(out, content):
    (out / "set.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--noto", type=Path, required=True)
    parser.add_argument("--austen", required=True)
    args = parser.parse_args()
    write_drawn(args.noto)
    write_photographs(args.austen)
    write_credits()


if __name__ == "__main__":
    main()
