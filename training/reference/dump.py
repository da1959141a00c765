"""Writes every intermediate tensor of a model that has seen some pictures and read a prompt.

python -m training.reference.dump --model DIR --image A.png [--image B.png …] --prompt-ids 1,2,3 --out out.safetensors
"""

import argparse

import torch
from safetensors.torch import save_file

from training.reference import folder, model
from training.reference.pixels import pixels


def dump(w, config, images, prompt_ids, on_match=None):
    """Tensors by name.

    pixels [F, 3, S, S], merged [F, M, D], sizes [F, M], visual [F, M, C], logits [V], state.N [2 + K, C]
    """
    dtype = w["emb.weight"].dtype
    frames = [pixels(image, config["vision_config"]).to(dtype) for image in images]
    encoded = [model.encode(w, config, frame, on_match) for frame in frames]
    visual = [model.connect(w, config, x) for x, _ in encoded]
    states = model.zero_state(w, config)
    logits = model.read(w, states, torch.cat([*visual, model.embed(w, prompt_ids)]))
    tensors = {
        "pixels": torch.stack(frames),
        "merged": torch.stack([x for x, _ in encoded]),
        "sizes": torch.stack([size for _, size in encoded]),
        "visual": torch.stack(visual),
        "logits": logits,
    }
    tensors |= {f"state.{i}": state.rows() for i, state in enumerate(states)}
    return {name: tensor.contiguous() for name, tensor in tensors.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--image", action="append", required=True)
    parser.add_argument("--prompt-ids", required=True, type=lambda text: [int(i) for i in text.split(",")])
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)  # the same sums in the same order on every machine
    with torch.inference_mode():
        tensors = dump(folder.read_weights(args.model), folder.read_config(args.model), args.image, args.prompt_ids)
    save_file(tensors, args.out)


if __name__ == "__main__":
    main()
