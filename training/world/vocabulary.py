"""The words of the world: what can be drawn, in which colours, and how it is called."""

# noun: (Unicode code point of its emoji, names in sprite sets that are not indexed by code point, group of look-alikes)
NOUNS = {
    "fox": ("1f98a", ("fox-face", "fox-face-2"), "beast"),
    "clock": ("23f0", ("alarm-clock", "alarmclock"), "round"),
    "cactus": ("1f335", ("cactus-1",), "plant"),
    "donut": ("1f369", ("doughnut",), "food"),
    "ghost": ("1f47b", (), "figure"),
    "sailboat": ("26f5", (), "vehicle"),
    "bicycle": ("1f6b2", (), "vehicle"),
    "dog": ("1f436", ("dog-face",), "beast"),
    "hat": ("1f3a9", ("top-hat", "tophat"), "thing"),
    "octopus": ("1f419", (), "sea"),
    "robot": ("1f916", ("robot-face", "robot-face-1"), "figure"),
    "banana": ("1f34c", (), "food"),
    "rocket": ("1f680", (), "vehicle"),
    "basketball": ("1f3c0", (), "round"),
    "fish": ("1f41f", (), "sea"),
    "mushroom": ("1f344", (), "plant"),
    "penguin": ("1f427", ("penguin-2",), "beast"),
    "umbrella": ("2602", (), "thing"),
    "airplane": ("2708", (), "vehicle"),
    "butterfly": ("1f98b", (), "insect"),
    "flower": ("1f33c", ("blossom",), "plant"),
    "rabbit": ("1f430", ("rabbit-face",), "beast"),
    "cat": ("1f431", ("cat-face",), "beast"),
    "snail": ("1f40c", (), "insect"),
    "balloon": ("1f388", (), "round"),
    "elephant": ("1f418", (), "beast"),
    "key": ("1f511", (), "thing"),
    "panda": ("1f43c", ("panda-face", "pandaface"), "beast"),
    "pineapple": ("1f34d", (), "food"),
    "lemon": ("1f34b", (), "food"),
    "bee": ("1f41d", ("honeybee",), "insect"),
    "crab": ("1f980", (), "sea"),
    "watermelon": ("1f349", ("watermelon-1",), "food"),
    "ladybug": ("1f41e", ("lady-beetle", "ladybeetle"), "insect"),
    "pizza": ("1f355", ("sliceofpizza", "pizza-1"), "food"),
    "turtle": ("1f422", (), "sea"),
    "hamburger": ("1f354", ("hamburger-2",), "food"),
    "book": ("1f4d5", ("closed-book", "closedbook", "green-book"), "thing"),
    "apple": ("1f34e", ("red-apple", "redapple"), "food"),
    "tree": ("1f333", ("deciduous-tree", "deciduoustree"), "plant"),
    "gift": ("1f381", ("wrapped-gift", "wrapped-gift-1"), "thing"),
    "strawberry": ("1f353", ("strawberry-1",), "food"),
    "frog": ("1f438", ("frog-face",), "beast"),
    "guitar": ("1f3b8", (), "thing"),
    "bus": ("1f68c", (), "vehicle"),
    "carrot": ("1f955", (), "food"),
    "pig": ("1f437", ("pig-face",), "beast"),
    "cake": ("1f382", ("birthday-cake", "birthdaycake", "birthday-cake-1"), "food"),
    "car": ("1f697", ("automobile",), "vehicle"),
}
SHAPES = ("circle", "square", "triangle", "star", "heart", "diamond")
LABELS = (*NOUNS, *SHAPES)

COLOURS = {
    "red": (220, 40, 40),
    "orange": (245, 140, 30),
    "yellow": (245, 220, 50),
    "green": (50, 165, 70),
    "blue": (45, 95, 220),
    "purple": (130, 60, 180),
    "pink": (250, 140, 190),
    "brown": (130, 80, 40),
    "black": (20, 20, 20),
    "white": (245, 245, 245),
    "gray": (135, 135, 135),
}
SHAPE_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black")
BACKGROUNDS = ("white", "gray", "black", "blue", "green", "yellow", "pink", "purple")

# Nothing of these is ever drawn: asked about them, the model must say that it cannot know.
STRANGERS = (
    "zebra camel kangaroo scooter tractor sofa lamp piano trumpet violin bridge castle tent spoon fork bottle cup "
    "ladder hammer scissors candle mirror pillow shoe sock glove ring crown sword shield volcano mountain river "
    "telephone keyboard printer radio wheel engine squirrel hedgehog eagle swan peacock dolphin lobster horse lion "
    "shark train helicopter giraffe owl cow duck snowman house"
).split()

IRREGULAR = {"octopus": "octopuses", "butterfly": "butterflies", "fish": "fish", "strawberry": "strawberries"}
IRREGULAR |= {"cactus": "cactuses", "bus": "buses", "fox": "foxes"}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def plural(noun):
    return IRREGULAR.get(noun, noun + "s")


def article(words):
    """`words` with "a" or "an" in front."""
    return f"{'an' if words[0] in 'aeiou' and not words.startswith('unicorn') else 'a'} {words}"


def sentence(text):
    """The text with a capital at its start and a full stop at its end."""
    return text[0].upper() + text[1:] + "."
