import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What can be done to the files of the built-in model. */
export type Damage =
  | "swapped tensors"
  | "transposed matrix"
  | "wrong tokenizer"
  | "swapped in the encoder"
  | "small residual";

type Files = { readonly [file: string]: Uint8Array | string };

/** The files that some damage changes, changed. */
export function damaged(damage: Damage, folder: string): Files {
  if (damage === "wrong tokenizer") return { "tokenizer.json": turnTokenizer(join(folder, "tokenizer.json")) };
  const weights = readWeights(join(folder, "model.safetensors"));
  if (damage === "swapped tensors") weights.swap("blocks.2.att.key.weight", "blocks.2.att.receptance.weight");
  if (damage === "transposed matrix") weights.transpose("blocks.1.att.output.weight");
  if (damage === "swapped in the encoder") {
    const layer = "vision_model.encoder.layers";
    weights.swap(`${layer}.1.self_attn.v_proj.weight`, `${layer}.4.self_attn.v_proj.weight`);
    weights.swap(`${layer}.1.mlp.fc1.weight`, `${layer}.4.mlp.fc1.weight`);
  }
  if (damage === "small residual") weights.scaleResidual(0.003);
  return { "model.safetensors": weights.bytes() };
}

/** Every word of text stands for another id. */
function turnTokenizer(path: string): string {
  const json = JSON.parse(readFileSync(path, "utf8"));
  const words = Object.entries(json.model.vocab as Record<string, number>).sort(([, a], [, b]) => a - b);
  const turned = words.map(([word], i) => [word, i < 2 ? i : 2 + ((i - 2 + 300) % (words.length - 2))]);
  json.model.vocab = Object.fromEntries(turned);
  return JSON.stringify(json);
}

type Entry = { dtype: string; shape: number[]; data: Float32Array };

/** All tensors of a safetensors file in f16, as f32. */
function readWeights(path: string) {
  const file = readFileSync(path);
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, 8 + length));
  const tensors = new Map<string, Entry>();
  for (const [name, { shape, data_offsets: offsets }] of Object.entries<{ shape: number[]; data_offsets: number[] }>(
    header,
  )) {
    if (name === "__metadata__") continue;
    const [begin = 0, end = 0] = offsets;
    const bytes = file.subarray(8 + length + begin, 8 + length + end);
    const data = Float32Array.from({ length: bytes.length / 2 }, (_, i) => halfAt(bytes, 2 * i));
    tensors.set(name, { dtype: "F32", shape, data });
  }
  const get = (name: string): Entry => {
    const found = tensors.get(name);
    if (!found) throw new Error(`no tensor ${name}`);
    return found;
  };
  return {
    swap(first: string, second: string) {
      const [a, b] = [get(first), get(second)];
      tensors.set(first, b);
      tensors.set(second, a);
    },
    transpose(name: string) {
      const { dtype, shape, data } = get(name);
      const [rows = 0, columns = 0] = shape;
      const turned = data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)] as number);
      tensors.set(name, { dtype, shape, data: turned });
    },
    /** What the encoder adds up becomes smaller by a factor: with eps smaller by its square it computes the same. */
    scaleResidual(factor: number) {
      const added = /^vision_model\.(embeddings\.|encoder\.layers\.\d+\.(self_attn\.out_proj|mlp\.fc2)\.)/;
      for (const [name, entry] of tensors)
        if (added.test(name)) tensors.set(name, { ...entry, data: entry.data.map((value) => value * factor) });
    },
    bytes(): Uint8Array {
      let end = 0;
      const listed = [...tensors].map(([name, { dtype, shape, data }]) => {
        const begin = end;
        end += data.byteLength;
        return [name, { dtype, shape, data_offsets: [begin, end] }];
      });
      const text = Buffer.from(JSON.stringify(Object.fromEntries(listed)));
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(text.length));
      const parts = [...tensors.values()].map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      return Buffer.concat([size, text, ...parts]);
    },
  };
}

function halfAt(bytes: Buffer, at: number): number {
  const bits = bytes.readUInt16LE(at);
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return (sign * fraction) / 2 ** 24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
