import { Fields, isRecord } from "../fields.ts";
import { unsupported } from "./part.ts";

/** How a processor makes a picture square. */
type Kind = "clip" | "siglip";

/** The part of `vision_config` of our `config.json` that says how pictures become the encoder's input. */
export type Preprocessing = {
  readonly image_size: number;
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
  readonly resample: string;
  readonly fit: "stretch" | "crop" | "letterbox";
  readonly resize_edge?: number;
  readonly rescale_factor: number;
  readonly columns_first: false;
};

const file = "preprocessor_config.json";

/** Pillow's numbers for its filters. */
const filters = new Map<unknown, string>([
  [1, "lanczos"],
  [2, "bilinear"],
  [3, "bicubic"],
]);

/** OpenAI's colours, which CLIP's processor takes unless told otherwise (transformers, `image_utils.py`). */
const clipColours = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
} as const;
const halves = [0.5, 0.5, 0.5] as const;

/**
 * Reads a `preprocessor_config.json` of transformers as its class there does. What it asks for is done or refused by name;
 * nothing is passed over.
 *
 * @param json the file's content
 * @param encoder.imageSize side of its input in pixels, as its own file or its patches say
 * @param encoder.pads whether pictures are padded to a square before
 * @throws AuroraError `ModelCorrupt` naming a field, `ModelUnsupported` naming what cannot be done
 */
export function describePreprocessing(
  json: Readonly<Record<string, unknown>>,
  encoder: { readonly imageSize: number; readonly patchSize: number; readonly pads: boolean },
): Preprocessing {
  const fields = new Fields(file, "", json);
  const type = fields.text("image_processor_type", fields.text("feature_extractor_type", ""));
  refuseOthers(type, fields);
  const kind = kindOf(type, json);
  const filter = json.resample == null ? "bicubic" : filters.get(json.resample);
  if (filter === undefined) throw fields.corrupt("resample", "1, 2 or 3 (Lanczos, bilinear, bicubic)");
  const colours = /^CLIP/.test(type) ? clipColours : { mean: halves, std: halves };
  const normalizes = fields.flag("do_normalize", true);
  const rescales = fields.flag("do_rescale", true);
  return {
    ...describeSquare(kind, fields, json, encoder),
    image_mean: normalizes ? fields.colours("image_mean", false, [...colours.mean]) : [0, 0, 0],
    image_std: normalizes ? fields.colours("image_std", true, [...colours.std]) : [1, 1, 1],
    resample: filter,
    rescale_factor: rescales ? fields.positive("rescale_factor", 1 / 255) : 1,
    // Released models were trained before Pillow 13.
    columns_first: false,
  };
}

function refuseOthers(type: string, fields: Fields): void {
  if (/^Siglip2Image/.test(type)) throw unsupported("takes pictures of any shape (NaFlex), not squares");
  if (/Qwen|Pixtral|Idefics|Next|Onevision|InternVL|MiniCPM|Mllama/i.test(type))
    throw unsupported(`cuts pictures into several pieces (${type} in its ${file})`);
  if (!fields.flag("do_resize", true))
    throw unsupported(`takes pictures as large as they are (do_resize in its ${file})`);
  for (const name of ["do_flip_channel_order", "do_pad", "rescale_offset"])
    if (fields.flag(name, false)) throw unsupported(`asks for ${name} in its ${file}, which this app does not do`);
}

function kindOf(type: string, json: Readonly<Record<string, unknown>>): Kind {
  if (/clip/i.test(type) && json.do_center_crop !== false) return "clip";
  if (/siglip/i.test(type)) return "siglip";
  return json.do_center_crop === true ? "clip" : "siglip";
}

type Side = number | { readonly height: number; readonly width: number };

function describeSquare(
  kind: Kind,
  fields: Fields,
  json: Readonly<Record<string, unknown>>,
  encoder: { readonly imageSize: number; readonly patchSize: number; readonly pads: boolean },
): Pick<Preprocessing, "image_size" | "fit" | "resize_edge"> {
  const size = readSize(fields, json.size, kind === "clip");
  const crop = kind === "clip" ? readSize(fields, json.crop_size, false) : null;
  const kept = kind === "clip" ? (crop ?? encoder.imageSize) : (size ?? encoder.imageSize);
  const side = squareSide(kept, encoder);
  if (kind === "siglip") return { image_size: side, fit: encoder.pads ? "letterbox" : "stretch" };
  const edge = size ?? side;
  if (typeof edge !== "number") {
    // Both sides given: nothing is left to cut where they are those of the cut.
    if (edge.height === side && edge.width === side)
      return { image_size: side, fit: encoder.pads ? "letterbox" : "stretch" };
    throw unsupported(`resizes pictures to ${edge.width} × ${edge.height} and cuts ${side} × ${side} out of them`);
  }
  if (edge < side)
    throw unsupported(`fills pictures of ${edge} pixels up to ${side} with black (size and crop_size in its ${file})`);
  if (!encoder.pads) return { image_size: side, fit: "crop", resize_edge: edge };
  if (edge !== side) throw unsupported(`pads pictures to squares of ${edge} pixels and cuts ${side} out of them`);
  return { image_size: side, fit: "letterbox" };
}

/** A size as transformers takes it: a number, `{shortest_edge}`, or height and width; null where there is none. */
function readSize(fields: Fields, value: unknown, isEdge: boolean): Side | null {
  if (value === undefined || value === null) return null;
  if (isCount(value)) return isEdge ? value : { height: value, width: value };
  if (isRecord(value) && isCount(value.shortest_edge) && value.longest_edge == null) {
    if (isEdge) return value.shortest_edge;
    throw unsupported(`keeps pictures in their shape (shortest_edge in its ${file}), and its encoder takes squares`);
  }
  if (isRecord(value) && isCount(value.height) && isCount(value.width))
    return { height: value.height, width: value.width };
  throw fields.corrupt("size and crop_size", "a number, shortest_edge, or height and width");
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= 4096;
}

/** The side of what the encoder is given. Pixels that fill no whole patch do not matter to it. */
function squareSide(
  kept: Side,
  { imageSize, patchSize }: { readonly imageSize: number; readonly patchSize: number },
): number {
  const { height, width } = typeof kept === "number" ? { height: kept, width: kept } : kept;
  if (height !== width || Math.floor(height / patchSize) !== Math.floor(imageSize / patchSize)) {
    throw unsupported(
      `makes pictures of ${width} × ${height} pixels, and its encoder takes ${imageSize} × ${imageSize}`,
    );
  }
  return height;
}
