"""The tokenizer: byte-level BPE in which every word of the world's questions and answers is one token.

python -m training.tokenizer --out tokenizer.json
"""

import argparse

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from training.world.questions import Asker, all_words
from training.world.scene import Sampler

END, IMAGE = "<|endoftext|>", "<image>"
CORPUS_SCENES = 4000


def corpus():
    """Questions as they stand in a prompt, lower case too, and answers, which begin with a space."""
    rng = np.random.default_rng(0)
    sampler = Sampler(0, 1, 100, np.ones((1, 1000), bool))
    asker = Asker(rng, plain=True)
    for _ in range(CORPUS_SCENES):
        for asked in asker.questions(sampler.scene(8)):
            yield from (f"\n{asked.question}\nAnswer:", asked.question.lower(), f" {asked.answer}")
            yield from (f" {text}" for text in asked.accepted[:1])
    for text in all_words():
        yield from (text, text.lower(), f" {text}")


def train(size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END, IMAGE],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(), trainer)
    return tokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1280)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    train(args.size).save(args.out)


if __name__ == "__main__":
    main()
