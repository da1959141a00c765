#!/usr/bin/env bash
# From the wheel to the model folder: build.sh WHEEL FINAL_FOLDER
# Needs Python 3.11 with requirements.txt (PYTHON=… names it; otherwise a virtual environment is made beside the work files).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) wheel=$(realpath "$1") final=$2
work=${WORK:-$(mktemp -d)}
echo "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac  $wheel" | sha256sum --check --quiet
if [ -z "${PYTHON:-}" ]; then python3 -m venv "$work/venv"; PYTHON=$work/venv/bin/python; "$PYTHON" -m pip install -q -r "$here/requirements.txt"; fi
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error
"$PYTHON" "$here/1_rebuild.py" "$wheel" "$work/hf"
"$PYTHON" "$here/2_export.py" "$work/hf" "$work/onnx"
"$PYTHON" "$here/3_quantize.py" "$work/onnx" "$work/small"
mkdir -p "$final/onnx"
cp "$work"/hf/{config,generation_config,preprocessor_config,tokenizer,tokenizer_config}.json "$final/"
cp "$work"/small/{encoder_model,decoder_model_merged}_quantized.onnx "$final/onnx/"
# LICENSE and README.md lie in the folder already.
chmod -R u=rwX,go=rX "$final"
(cd "$final" && find . -type f ! -name SHA256SUMS | sort | xargs sha256sum > SHA256SUMS && cat SHA256SUMS && du -sb .)
