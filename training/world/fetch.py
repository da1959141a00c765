"""Fetches sprites and photographs into a cache folder, which stays out of the repository.

python -m training.world.fetch --cache DIR

Needs npm, apt-get (Debian), pip, and the packages of training/requirements.txt. Sources and their licences: SPRITES,
PHOTOS, MORE_PHOTOS, PAINTINGS, TEMPLATES, STAMPS, OPEN_PHOTOS. The stamps of Tux Paint are photographs of things,
without background: those that show a noun become sprites (PHOTOGRAPHED), others strangers (STRANGE).
"""

import argparse
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

from training.world.vocabulary import NOUNS

# style: (npm package, licence)
SPRITES = {
    "noto": ("@iconify-json/noto@1.2.9", "Apache-2.0"),
    "noto-v1": ("@iconify-json/noto-v1@1.2.5", "Apache-2.0"),
    "fluent-flat": ("@iconify-json/fluent-emoji-flat@1.2.6", "MIT"),
    "twemoji": ("@iconify-json/twemoji@1.2.5", "CC-BY 4.0"),
    "fxemoji": ("@iconify-json/fxemoji@1.2.2", "Apache-2.0"),
    "emojione": ("@iconify-json/emojione@1.2.3", "CC-BY 4.0"),
    "streamline": ("@iconify-json/streamline-emojis@1.2.4", "CC-BY 4.0"),
    "openmoji": ("@iconify-json/openmoji@1.2.29", "CC-BY-SA 4.0"),
    "fluent-3d": ("@lobehub/fluent-emoji-3d@1.1.0", "MIT"),
}
# Debian packages of each folder. Those of MORE_PHOTOS and PAINTINGS are for training alone; of PHOTOS a fifth is for suites.
PHOTOS = ("gnome-backgrounds", "mate-backgrounds", "plasma-workspace-wallpapers")
MORE_PHOTOS = ("ukui-wallpapers", "lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04")
# The paintings of Wesnoth, GPL-2+.
PAINTINGS = tuple(f"wesnoth-1.16-{part}" for part in ("data", "did", "httt", "l", "sota", "trow", "ttb"))
# The photographs to paint on of Tux Paint, GPL-2+.
TEMPLATES = ("tuxpaint-data",)
# The stamps of Tux Paint, GPL-2.
STAMPS = ("tuxpaint-stamps-default",)
# noun: its photographs among the stamps; the first two are for training, the third for tests
PHOTOGRAPHED = {
    "fox": ("animals/mammals/dogs/fox",),
    "sailboat": ("vehicles/ship/walnutBoat", "vehicles/ship/chineseJunk"),
    "dog": ("animals/mammals/dogs/dog",),
    "banana": ("food/fruit/banana",),
    "basketball": ("sports/basketball",),
    "fish": ("animals/fish/coraltrout", "animals/fish/butterflyfish", "animals/fish/dolphinfish"),
    "mushroom": ("plants/mushrooms/cep-1", "food/vegetables/mushroom", "plants/mushrooms/cep"),
    "penguin": ("animals/birds/penguin", "animals/birds/magellanic_penguin", "animals/birds/little-penguin"),
    "airplane": ("vehicles/flight/planes/747", "military/vehicles/f22_raptor"),
    "flower": ("plants/flowers/yellow-flower", "plants/flowers/flower8", "plants/flowers/anemone_red"),
    "rabbit": (
        "animals/mammals/rodents/rabbit-2",
        "animals/mammals/rabbit_little",
        "animals/mammals/rodents/rabbit",
    ),
    "elephant": ("animals/mammals/elephant",),
    "key": ("household/key",),
    "pineapple": ("food/fruit/pineapple",),
    "lemon": ("food/fruit/lemon",),
    "apple": ("food/fruit/apple_red", "food/fruit/apple_green", "food/fruit/apple_fuji"),
    "tree": ("plants/trees/holm_oak", "plants/trees/tree336", "plants/trees/birch"),
    "strawberry": ("food/fruit/Strawberry2", "food/fruit/strawberry"),
    "frog": ("animals/amphibians/frog", "animals/amphibians/frog-1"),
    "guitar": (
        "hobbies/music/string/guitar_classical",
        "hobbies/music/string/guitar_electric",
        "hobbies/music/string/guitar2",
    ),
    "bus": ("vehicles/masstransit/green_korean_bus",),
    "carrot": ("food/vegetables/carrot",),
    "pig": ("animals/mammals/pig", "animals/mammals/pig_golden", "animals/mammals/pig_golden2"),
    "car": ("vehicles/auto/beetle", "vehicles/auto/sedan", "vehicles/auto/sportscar2"),
}
# folder of stamps: those that are photographs of things which none of NOUNS is, nor looks like
STRANGE = {
    "animals/birds": "adelaide-rosella albino_peahen blackbird chicken_profile crow crowned_crane cuckoo drake duck "
    "gander guineafowl helmeted_guineafowl hen heron_greatblue heron_greatblue_flying lark magpie nandou ostrich owl "
    "peacock pelican pigeon pink_flamingo quetzal rainbow-lorikeet rooster seagull silver-gull tucan turkey vulture",
    "animals/fish": "lobster shrimp",
    "animals/insects": "Woodlouse fly grasshopper mantis",
    "animals/lizards": "iguana",
    "animals/mammals": "badger ferret giraffe hippopotamus rhino_black",
    "animals/mammals/apes": "chimp gorilla tamarin_emperor",
    "animals/mammals/aquatic": "dolphin orca otter sea_lion whale",
    "animals/mammals/bears": "bear european-bear",
    "animals/mammals/bears/toys": "edward_bear",
    "animals/mammals/bovines": "bison bull cow cow_white gnu-baby-stand gnu-baby gnu-sitting gnu-stand goat "
    "indian_blackbuck mountaingoat ram sheep sheep_lamb yak zebu",
    "animals/mammals/camel": "camel dromedary",
    "animals/mammals/cats": "lion-2 lion tiger tiger_sumatran",
    "animals/mammals/deer": "caribou deer doe wapiti",
    "animals/mammals/equines": "donkey donkey_eating horse zebra",
    "animals/mammals/rodents": "beaver capybara marmot mouse rat squirrel",
    "animals/marsupials": "kangaroo koala wombat",
    "animals/shellfish": "abalone murray-mussel",
    "clothes": "clothespin_new clothespin_old",
    "food/fruit": "Apricot_whole Cherry_Stella apricot avocado cherimoya grapes kiwi mandarine mango orange "
    "orange_seville pear",
    "food/nuts": "almond pecan walnut",
    "food/spices": "ginger",
    "food/vegetables": "chilepepper corn eggplant garlic garlics lettuce onion pattypan_squash pepper potato "
    "pumpkin_small redlettuce yam yellowpepper",
    "hobbies": "binoculars camera_35mm",
    "hobbies/music/brass": "trumpet",
    "hobbies/music/percussion": "cymbal_crash drum_tomtom_floor drumkit",
    "hobbies/music/wind": "bassoon",
    "household": "Lightbulb cylinder garbagecan home_compost_bin kettle rubberduck toilet wheelie_bin",
    "household/arttools": "highlighter pen_dryerase scissors_small_closed scissors_small_open",
    "household/dishes": "glass mug pitcher_small teapot",
    "household/dishes/utensils": "nutcracker pepper_grinder",
    "household/tools": "cementmixer hammer mallet_metal measuring_tape paintbrush_large plyers saw spade toolbox "
    "wrench wrench_adjustable wrench_plumbers",
    "medical": "bandage_adhesive mercurythermometer stethoscope syringe",
    "military/vehicles": "bradley infantry-stryker ww2_german_gun",
    "people": "fireman200b fireman240a",
    "people/toys": "grannysmith",
    "plants/trees": "holly_leaves pinecone",
    "seasonal": "candle",
    "seasonal/christmas": "Candy_cane_photo_1 Candy_cane_photo_2 German_Christmas_toy Roast_turkey",
    "seasonal/halloween": "grave-a grave-b grave-c grave-d grave-e grave-f",
    "space": "apollo_lander spacewalk voyager2",
    "sports": "tennis_racket trophy_cup",
    "town": "uk_post_box usps_mailbox",
    "town/monuments": "inukshuk-photo",
    "vehicles": "7spoke256 wheel_tractor",
    "vehicles/construction": "dumper",
}
# Photographs that may be shown: in the public domain, or CC0 (scikit-image's data/README.txt). For the sample clip.
OPEN_PHOTOS = (
    "scikit-image==0.26.0",
    ("astronaut.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg", "rocket.jpg"),
)
SIDE = 128
PHOTO_HEIGHT = 640
LEAST_HEIGHT = 400  # what is smaller is not a photograph, or too blurred


def package_folder(cache, package):
    return cache / "npm/node_modules" / package.rsplit("@", 1)[0]


def icon_svg(icons, name):
    """The SVG text of one icon of an Iconify set; aliases are followed."""
    name = icons.get("aliases", {}).get(name, {}).get("parent", name)
    icon = icons["icons"][name]
    width = icon.get("width", icons.get("width", 16))
    height = icon.get("height", icons.get("height", 16))
    left, top = icon.get("left", icons.get("left", 0)), icon.get("top", icons.get("top", 0))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{left} {top} {width} {height}" width="{SIDE}" height="{SIDE}">{icon["body"]}</svg>'
    )


def square(image):
    """The picture trimmed to what is drawn, centred in SIDE × SIDE."""
    image = image.convert("RGBA")
    box = image.getchannel("A").point(lambda a: 255 if a > 16 else 0).getbbox()
    image = image.crop(box)
    scale = (SIDE - 4) / max(image.size)
    size = tuple(max(1, round(edge * scale)) for edge in image.size)
    image = image.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    canvas = Image.new("RGBA", (SIDE, SIDE))
    canvas.paste(image, tuple((SIDE - edge) // 2 for edge in size))
    return canvas


def read_iconify(folder):
    """Sprites by noun of an Iconify package; nouns that the set lacks are left out."""
    icons = json.loads((folder / "icons.json").read_text())
    chars = json.loads((folder / "chars.json").read_text())
    known = set(icons["icons"]) | set(icons.get("aliases", {}))
    for noun, (code, names, _) in NOUNS.items():
        candidates = (chars.get(code), chars.get(f"{code}-fe0f"), *names, noun)
        name = next((name for name in candidates if name in known), None)
        if name is not None:
            yield noun, Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=icon_svg(icons, name)))))


def read_pictures(folder):
    """Sprites by noun of a package with one picture for each code point."""
    for noun, (code, _, _) in NOUNS.items():
        path = next(p for p in (folder / f"assets/{code}.webp", folder / f"assets/{code}-fe0f.webp") if p.exists())
        yield noun, Image.open(path)


def unpack(cache, name, packages):
    """The folder into which the Debian packages are unpacked."""
    debs, root = cache / "debs" / name, cache / "wallpapers" / name
    for folder in (debs, root):
        folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", *packages], cwd=debs, check=True)
    for deb in debs.glob("*.deb"):
        subprocess.run(["dpkg", "-x", deb, root], check=True)
    return root


def read_photographed(stamps, number):
    """Sprites by noun: the photograph with this number, from 0, of those nouns that have as many."""
    for noun, paths in PHOTOGRAPHED.items():
        if number < len(paths):
            yield noun, Image.open(stamps / f"{paths[number]}.png")


def fetch_sprites(cache, stamps):
    """Writes sprites.npz: style → uint8 [nouns, SIDE, SIDE, 4], zero where the style lacks the noun."""
    (cache / "npm").mkdir(parents=True, exist_ok=True)
    (cache / "npm/package.json").write_text('{"private": true}')
    packages = [package for package, _ in SPRITES.values()]
    subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", *packages], cwd=cache / "npm", check=True)
    readers = {}
    for style, (package, _) in SPRITES.items():
        folder = package_folder(cache, package)
        readers[style] = (read_pictures if (folder / "assets").exists() else read_iconify)(folder)
    for number in range(3):
        readers[f"photographed-{number + 1}"] = read_photographed(stamps, number)
    arrays = {}
    for style, reader in readers.items():
        sprites = np.zeros((len(NOUNS), SIDE, SIDE, 4), np.uint8)
        for noun, image in reader:
            sprites[list(NOUNS).index(noun)] = np.array(square(image))
        arrays[style] = sprites
        print(style, int(sprites.any((1, 2, 3)).sum()), "of", len(NOUNS), "nouns")
    np.savez(cache / "sprites.npz", **arrays)


def fetch_strangers(cache, stamps):
    """Writes strangers/*.png, SIDE × SIDE."""
    out = cache / "strangers"
    out.mkdir(exist_ok=True)
    for folder, names in STRANGE.items():
        for name in names.split():
            square(Image.open(stamps / folder / f"{name}.png")).save(out / f"{name}.png")
    print(len(list(out.iterdir())), "strangers")


def fetch_photos(cache, name, packages, within=""):
    """Writes NAME/*.jpg: of each folder of pictures in the packages the largest, PHOTO_HEIGHT pixels high.

    Those of games and of Tux Paint lie `within` folders of that name, as JPEG; lettering is PNG.
    """
    root, out = unpack(cache, name, packages), cache / name
    out.mkdir(exist_ok=True)
    largest = {}
    for path in sorted(root.rglob("*")):
        if path.suffix not in {".jpg", ".png", ".webp"} or "screenshot" in path.name:
            continue
        if within and (within not in path.relative_to(root).parts or path.suffix != ".jpg"):
            continue
        sizes = "contents" in path.parts  # one picture in several sizes
        key = path.parent if sizes else path
        if key not in largest or path.stat().st_size > largest[key].stat().st_size:
            largest[key] = path
    Image.MAX_IMAGE_PIXELS = None
    for key, path in largest.items():
        image = Image.open(path).convert("RGB")
        if image.width < image.height or image.height < LEAST_HEIGHT:
            continue
        image = image.resize((round(image.width * PHOTO_HEIGHT / image.height), PHOTO_HEIGHT), Image.Resampling.LANCZOS)
        file = "-".join(key.relative_to(root).with_suffix("").parts[2:])
        image.save(out / f"{file}.jpg", quality=92)
    print(name, len(list(out.iterdir())), "photographs and textures")


def fetch_open_photos(cache):
    """Writes open-photos/*.jpg."""
    package, names = OPEN_PHOTOS
    out = cache / "open-photos"
    out.mkdir(exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        cache / "wheels",
    ]
    subprocess.run([*command, package], check=True)
    with zipfile.ZipFile(next((cache / "wheels").glob("scikit_image-*.whl"))) as wheel:
        for name in names:
            image = Image.open(io.BytesIO(wheel.read(f"skimage/data/{name}"))).convert("RGB")
            image.save((out / name).with_suffix(".jpg"), quality=95)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", required=True, type=Path)
    cache = parser.parse_args().cache
    stamps = unpack(cache, "stamps", STAMPS) / "usr/share/tuxpaint/stamps"
    fetch_sprites(cache, stamps)
    fetch_strangers(cache, stamps)
    fetch_photos(cache, "photos", PHOTOS)
    fetch_photos(cache, "more-photos", MORE_PHOTOS)
    fetch_photos(cache, "paintings", PAINTINGS, within="story")
    fetch_photos(cache, "templates", TEMPLATES, within="templates")
    fetch_open_photos(cache)


if __name__ == "__main__":
    main()
