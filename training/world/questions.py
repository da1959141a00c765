"""What can be asked of a scene, in many wordings, and the true answers."""

from dataclasses import dataclass, field
from itertools import permutations

import numpy as np

from training.world.vocabulary import (
    COLOURS,
    LABELS,
    NOUNS,
    NUMBERS,
    SHAPES,
    STRANGERS,
    article,
    plural,
    sentence,
)

# {x}: the thing. Of each list the first wording is the plainest.
WORDINGS = {
    "exist": (
        "Is there {ax} in the video?", "Is there {ax}?", "Do you see {ax}?", "Can you see {ax} in the video?",
        "Does {ax} appear?", "Is {ax} shown?", "Any {xs}?",
    ),
    "list": (
        "What objects appear in the video?", "What do you see?", "What can be seen in the video?",
        "Which objects are there?", "What is in the video?", "What is shown?", "List the objects.",
        "Which things appear?",
    ),
    "background": (
        "What is the background color?", "What color is the background?", "Which color is the background?",
        "What color is behind the objects?", "Name the background color.",
        "What is the colour of the background?",
    ),
    "color": (
        "What color is the {x}?", "Which color is the {x}?", "What is the color of the {x}?",
        "What is the {x}'s color?", "Name the color of the {x}.", "What colour is the {x}?",
    ),
    "motion": (
        "Which way does the {x} move?", "Which direction does the {x} move?",
        "In what direction does the {x} go?", "Where does the {x} move?", "How does the {x} move?",
        "Where is the {x} going?", "Does the {x} move, and which way?",
    ),
    "size": (
        "Does the {x} get bigger or smaller?", "How does the size of the {x} change?",
        "Does the {x} grow or shrink?", "Does the {x} change its size?", "What happens to the size of the {x}?",
    ),
    "where": (
        "Where in the frame is the {x}?", "Where is the {x}?", "In which part of the picture is the {x}?",
        "What is the position of the {x}?",
    ),
    "start": (
        "Where does the {x} start?", "Where is the {x} at the start?", "Where does the {x} come from?",
        "Where is the {x} at first?",
    ),
    "end": (
        "Where does the {x} end up?", "Where is the {x} at the end?", "Where does the {x} finish?",
        "Where is the {x} at last?",
    ),
    "count": (
        "How many {xs} are there?", "How many {xs} are in the video?", "How many {xs} do you see?",
        "Count the {xs}.", "How many {xs} can you see?", "What is the number of {xs}?",
    ),
    "first": (
        "What appears first?", "What comes first?", "Which object is first?", "What do you see first?",
        "What is shown first?",
    ),
    "last": (
        "What appears last?", "What comes last?", "Which object is last?", "What is shown last?",
    ),
    "before": (
        "Does the {x} appear before or after the {y}?", "Does the {x} come before or after the {y}?",
        "Is the {x} before or after the {y}?",
    ),
    "later": (
        "What appears later?", "What appears during the video?", "Which object appears later?", "What comes in?",
        "What shows up later?",
    ),
    "gone": (
        "What disappears?", "What vanishes?", "Which object disappears?", "What goes away?", "What leaves?",
    ),
    "when-in": (
        "When does the {x} appear?", "At what time does the {x} appear?", "When does the {x} come in?",
        "When do you first see the {x}?",
    ),
    "when-out": (
        "When does the {x} disappear?", "At what time does the {x} disappear?", "When does the {x} go away?",
        "When does the {x} vanish?",
    ),
    "side": (
        "Is the {x} left or right of the {y}?", "On which side of the {y} is the {x}?",
        "Is the {x} to the left or to the right of the {y}?",
    ),
    "height": (
        "Is the {x} above or below the {y}?", "Is the {x} over or under the {y}?",
        "Is the {x} higher or lower than the {y}?",
    ),
    "caption": (
        "What happens in the video?", "What is happening?", "Describe what happens.", "Describe the video.",
        "What is going on?", "Describe the scene.", "Tell me what happens.",
    ),
    "dominant": (
        "What is the dominant color?", "What is the main color?", "Which color is most of the picture?",
        "What color do you mostly see?", "Which color dominates?",
    ),
    "brightness": (
        "Does it get brighter or darker?", "Does the picture get brighter or darker?",
        "How does the brightness change?", "Does the light change?", "Is it getting darker?",
    ),
    "still": (
        "Is the picture still or moving?", "Does anything move?", "Is there any movement?",
        "Is this a still picture?", "Is anything moving?",
    ),
    "camera": (
        "How does the camera move?", "What does the camera do?", "Which way does the camera move?",
        "Describe the camera movement.", "Does the camera pan, tilt or zoom?",
    ),
    "cut": (
        "Is there a cut?", "Are there any cuts?", "Is there a cut in the video?", "Does the scene change?",
        "Does it cut to another scene?",
    ),
    "shots": (
        "How many shots are there?", "How many scenes are there?", "Count the shots.",
        "How many shots does the video have?", "How many different pictures are shown?",
    ),
    "fade": (
        "Is there a fade?", "Does the video fade?", "Does the picture fade in or out?",
        "What kind of fade is there?", "Does it fade?",
    ),
    "when-cut": (
        "When does the scene change?", "When is the cut?", "At what time is the cut?",
        "When does the picture change?",
    ),
    "unsure": (
        "What is the name of the {x}?", "How old is the {x}?", "Who owns the {x}?", "What does the {x} think?",
        "How much does the {x} weigh?", "What does the {x} sound like?",
    ),
    "unsure-clip": (
        "What sounds can be heard?", "Who made this video?", "What is the music?", "Where was this filmed?",
        "What day is it?", "Who is speaking?", "What time is it?", "What is the title of the video?",
        "What year was this made?", "What is said in the video?", "What language is spoken?",
        "What will happen next?", "How much did this cost?", "What is the weather tomorrow?",
        "What is the temperature?", "Who is the person?", "What is the name of the person?",
    ),
    "unsure-stranger": (
        "Is there {ax} in the video?", "Do you see {ax}?", "What color is the {x}?", "Where is the {x}?",
        "Which way does the {x} move?", "How many {xs} are there?", "Can you see {ax}?",
    ),
}  # fmt: skip
NOT_SURE = "I am not sure."
PLACES = {
    (0, 0): "at the top left", (1, 0): "at the top", (2, 0): "at the top right",
    (0, 1): "on the left", (1, 1): "in the center", (2, 1): "on the right",
    (0, 2): "at the bottom left", (1, 2): "at the bottom", (2, 2): "at the bottom right",
}  # fmt: skip
THIRDS = 0.35, 0.65  # where one part of the picture or of the clip ends
SURE = 0.03  # positions and times nearer to a border between two answers are not asked about


@dataclass
class Question:
    type: str
    question: str
    answer: str
    accepted: list = field(default_factory=list)


def third(value):
    """Which third of 0–1 a value lies in, or None near a border."""
    if min(abs(value - border) for border in THIRDS) < SURE:
        return None
    return sum(int(value > border) for border in THIRDS)


def place(thing, frame):
    cell = third(thing.x[frame]), third(thing.y[frame])
    return PLACES.get(cell)


def moment(share):
    """Words for a time within the clip, or None near a border."""
    part = third(share)
    return None if part is None else ("near the start", "in the middle", "near the end")[part]


class Asker:
    """Asks about scenes. `plain` leaves out typing errors."""

    def __init__(self, rng, plain=False):
        self.rng, self.plain = rng, plain

    def pick(self, items):
        return items[int(self.rng.integers(len(items)))]

    def ask(self, wording, kind, answer, x=None, y=None, accepted=()):
        text = self.pick(WORDINGS[wording])
        if x:
            head = x.split()[-1]
            x = x if self.rng.random() < 0.3 else head  # "the red circle" or "the circle"
            text = text.format(x=x, y=y, ax=article(x), xs=plural(x))
        return Question(kind, text if self.plain else self.roughen(text), answer, list(accepted))

    def roughen(self, text):
        """Lower case, missing marks and typing errors, now and then."""
        if self.rng.random() < 0.2:
            text = text.lower()
        if self.rng.random() < 0.12:
            text = text.rstrip("?.")
        if self.rng.random() < 0.06:
            at = int(self.rng.integers(1, len(text) - 2))
            swap = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
            text = self.pick([swap, text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:]])
        return text

    # ---- all questions of a scene ----

    def questions(self, scene):
        """A list of questions with their answers; some kinds are asked several times."""
        asked = [*self.of_things(scene), *self.of_picture(scene), *self.of_events(scene), *self.unsure(scene)]
        caption = self.caption(scene)
        return [*asked, self.ask("caption", "caption", caption[0], accepted=caption[1:])]

    def of_things(self, scene):
        things = {t.label: t for t in scene.things}
        if not things:
            return
        yield from self.exist(scene, things)
        names, others = listing(scene)
        yield self.ask("list", "list", names, accepted=others)
        copies = scene.kind == "count"
        for thing in things.values():
            x = thing.words
            if thing.colour:
                yield self.ask("color", "color", f"The {thing.label} is {thing.colour}.", x)
            if copies or self.rng.random() < 0.15:
                yield self.ask("count", "count", counted(scene, thing.label), x)
            if copies:
                continue
            if scene.kind in ("one", "two", "appear"):
                yield self.motion(thing)
                change = {"same": "stays the same size"}.get(thing.change, thing.change)
                yield self.ask("size", "size", f"The {thing.label} {change}.", x)
            yield from self.where(thing)
        if not copies:
            yield from self.relations(scene)

    def motion(self, thing):
        if thing.motion == "still":
            still = f"The {thing.label} stays still."
            return self.ask("motion", "motion", still, thing.words, accepted=[f"The {thing.label} does not move."])
        return self.ask("motion", "motion", f"The {thing.label} moves {thing.motion}.", thing.words)

    def where(self, thing):
        shown = np.flatnonzero(thing.shown)
        first, last = place(thing, shown[0]), place(thing, shown[-1])
        if thing.motion == "still":
            if first:
                yield self.ask("where", "where", f"The {thing.label} is {first}.", thing.words)
            return
        if first:
            yield self.ask("start", "where", f"The {thing.label} starts {first}.", thing.words)
        if last:
            yield self.ask("end", "where", f"The {thing.label} ends up {last}.", thing.words)

    def exist(self, scene, things):
        """As many with yes as with no; of the others half look like one that is there."""
        present = self.pick(list(things))
        yield self.ask("exist", "exist", f"Yes, there is {article(present)}.", things[present].words)
        groups = {NOUNS[label][2] for label in things if label in NOUNS}
        alike = [n for n in NOUNS if NOUNS[n][2] in groups and n not in things]
        if self.rng.random() < 0.5 and alike:
            absent = alike
        elif self.rng.random() < 0.3:
            absent = [s for s in SHAPES if s not in things]
        else:
            absent = [n for n in NOUNS if n not in things]
        noun = self.pick(absent)
        yield self.ask("exist", "exist", f"No, there is no {noun}.", noun)

    def relations(self, scene):
        if len(scene.things) != 2:
            return
        a, b = scene.things if self.rng.random() < 0.5 else scene.things[::-1]
        both = a.shown & b.shown
        if not both.any():
            return
        dx, dy = (a.x - b.x)[both], (a.y - b.y)[both]
        if (dx > 0.2).all() or (dx < -0.2).all():
            side = "to the right of" if dx[0] > 0 else "to the left of"
            yield self.ask("side", "relation", f"The {a.label} is {side} the {b.label}.", a.words, b.label)
        if (dy > 0.2).all() or (dy < -0.2).all():
            height = "below" if dy[0] > 0 else "above"
            yield self.ask("height", "relation", f"The {a.label} is {height} the {b.label}.", a.words, b.label)

    # ---- events ----

    def of_events(self, scene):
        if scene.kind == "sequence":
            yield from self.order(scene)
        if scene.kind == "appear":
            yield from self.appearance(scene)

    def order(self, scene):
        first, last = scene.things[0], scene.things[-1]
        for wording, thing in (("first", first), ("last", last)):
            name = article(thing.words)
            yield self.ask(wording, "order", sentence(f"{name} appears {wording}"), accepted=[sentence(name)])
        i, j = sorted(self.rng.choice(len(scene.things), 2, replace=False))
        a, b = scene.things[i], scene.things[j]
        if self.rng.random() < 0.5:
            yield self.ask("before", "order", f"The {a.label} comes before the {b.label}.", a.words, b.label)
        else:
            yield self.ask("before", "order", f"The {b.label} comes after the {a.label}.", b.words, a.label)

    def appearance(self, scene):
        _, other = scene.things
        comes = not other.shown[0]
        change = int(np.argmax(other.shown != other.shown[0]))
        name = sentence(article(other.words))
        yield self.ask("later", "appear", name if comes else "Nothing.")
        yield self.ask("gone", "appear", "Nothing." if comes else name)
        when = moment(change / scene.frames)
        if when:
            verb = "appears" if comes else "disappears"
            wording = "when-in" if comes else "when-out"
            yield self.ask(wording, "when", f"The {other.label} {verb} {when}.", other.words)

    # ---- the picture as a whole ----

    def of_picture(self, scene):
        if scene.background and scene.light is None and scene.things:
            yield self.ask("background", "background", f"The background is {scene.background}.")
        if scene.dominant and scene.camera != "cuts" and self.rng.random() < (0.15 if scene.things else 1):
            yield self.ask("dominant", "dominant", f"Mostly {scene.dominant}.")
        yield from self.stillness(scene)
        if scene.kind != "footage":
            if self.rng.random() < 0.08:
                yield self.ask("cut", "cut", "No, there is no cut.")
                yield self.ask("camera", "camera", "The camera does not move.")
            return
        yield from self.camera(scene)
        yield from self.light(scene)

    def stillness(self, scene):
        if scene.camera not in ("none", "cuts", "light"):
            yield self.ask("still", "still", "The camera moves.")
        elif scene.camera == "none" and scene.kind in ("one", "two", "count", "footage"):
            moves = scene.alive or any(t.motion != "still" or t.change != "same" for t in scene.things)
            if self.rng.random() < (1 if scene.kind == "footage" else 0.25):
                yield self.ask("still", "still", "Something moves." if moves else "Nothing moves.")

    def camera(self, scene):
        if scene.camera == "light":
            return
        shots = len(scene.shots)
        if scene.camera == "cuts":
            yield self.ask("shots", "shots", shot_count(scene))
        else:
            moves = "does not move" if scene.camera == "none" else scene.camera
            for _ in range(2):
                yield self.ask("camera", "camera", f"The camera {moves}.")
        yield self.ask("cut", "cut", "Yes, there is a cut." if shots > 1 else "No, there is no cut.")
        if shots == 2:
            when = moment(scene.shots[1].start / scene.frames)
            if when:
                yield self.ask("when-cut", "when", f"The scene changes {when}.")

    def light(self, scene):
        if scene.camera == "cuts":
            return
        ends = 1.0, 1.0
        if scene.light is not None:
            level = scene.light * (1 - scene.haze) + scene.haze * 2
            ends = level[0], level[-1]
        words = "gets brighter" if ends[1] > ends[0] else "gets darker" if ends[1] < ends[0] else "does not change"
        if scene.camera == "light" or self.rng.random() < 0.3:
            yield self.ask("brightness", "brightness", f"The picture {words}.")
        if scene.fade != "none":
            for _ in range(2):
                yield self.ask("fade", "fade", f"The picture fades {scene.fade}.")
        elif words == "does not change":
            yield self.ask("fade", "fade", "There is no fade.")

    # ---- what cannot be known ----

    def unsure(self, scene):
        draw = self.rng.random()
        if draw < 0.25:
            yield self.ask("unsure-clip", "unsure", NOT_SURE)
        elif draw < 0.4 and scene.things:
            yield self.ask("unsure", "unsure", NOT_SURE, self.pick(scene.things).words)
        elif draw < 0.65:
            yield self.ask("unsure-stranger", "unsure", NOT_SURE, self.pick(STRANGERS))
        photographs = scene.kind == "footage" and scene.shots[0].photo >= 0 and not any(s.collage for s in scene.shots)
        if photographs and self.rng.random() < (0.8 if scene.strangers else 0.4):
            wording = self.pick(["exist", "list", "where", "count"])
            yield self.ask(wording, "unsure", NOT_SURE, self.pick(list(NOUNS)))

    # ---- a free description ----

    def caption(self, scene):
        """The description, then other orders that are as true."""
        ground = f", on a {scene.background} background" if scene.background else ""
        if scene.kind == "footage":
            return [footage_caption(scene)]
        if scene.kind == "count":
            names, others = listing(scene)
            verb = "is" if names.startswith(("A ", "An ", "One ")) and " and " not in names else "are"
            return [f"There {verb} {lower(n)}{ground.replace(',', '')}." for n in (names, *others)]
        if scene.kind == "sequence":
            parts = [f"{article(t.words)} appears" for t in scene.things]
            return [sentence("first " + ", then ".join(parts) + ground)]
        acts = [action(t) for t in sorted(scene.things, key=lambda t: t.label)]
        orders = [acts, acts[::-1]] if len(acts) == 2 else [acts]
        return [sentence(" and ".join(order) + ground) for order in orders]


def lower(text):
    return text[0].lower() + text[1:].rstrip(".")


def action(thing):
    """What a thing does, in a caption."""
    words = article(thing.words)
    if not thing.shown.all():
        return f"{words} {'disappears' if thing.shown[0] else 'appears'}"
    if thing.motion != "still":
        return f"{words} moves {thing.motion}"
    return f"{words} {thing.change}" if thing.change != "same" else f"{words} stays still"


def shot_count(scene):
    shots = len(scene.shots)
    return "There is one shot." if shots == 1 else f"There are {NUMBERS[shots]} shots."


def footage_caption(scene):
    if scene.camera == "cuts":
        return shot_count(scene)
    if scene.camera == "light":
        if scene.fade != "none":
            return f"The picture fades {scene.fade}."
        if scene.light[0] != scene.light[-1]:
            return f"The picture gets {'brighter' if scene.light[-1] > scene.light[0] else 'darker'}."
        return "A still picture."
    if scene.camera == "none":
        return "Something moves." if scene.alive else "A still picture."
    return f"The camera {scene.camera}."


def group(scene, label):
    """ "two octopuses", "a pink triangle": the copies of one thing."""
    copies = [t for t in scene.things if t.label == label]
    words = copies[0].words
    return article(words) if len(copies) == 1 else f"{NUMBERS[len(copies)]} {plural(words)}"


def counted(scene, label):
    copies = sum(t.label == label for t in scene.things)
    noun = label if copies == 1 else plural(label)
    return f"There {'is' if copies == 1 else 'are'} {NUMBERS[copies]} {noun}."


def listing(scene):
    """All things by the alphabet, and the other orders."""
    groups = [group(scene, label) for label in sorted({t.label for t in scene.things})]
    orders = [sentence(joined(order)) for order in permutations(groups)]
    return orders[0], orders[1:]


def joined(parts):
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def all_words():
    """Every text that can be asked or answered, one noun at a time: the tokenizer's corpus."""
    for label in LABELS:
        for wordings in WORDINGS.values():
            for text in wordings:
                yield text.format(x=label, y=label, ax=article(label), xs=plural(label))
    for colour in COLOURS:
        yield from (f"The background is {colour}.", f"Mostly {colour}.", f"The circle is {colour}.")
