import { AuroraError } from "../../errors.ts";
import type { TextConfig } from "../../model/config.ts";
import { type NamedTensor, writeSafetensors } from "../../model/safetensors-writer.ts";
import { sha256 } from "../../model/sha256.ts";
import { readMemoryTensors } from "./memory-file-reader.ts";
import { type ModelIdentity, parseSaved, type SavedMemory, savedVersion } from "./saved-memory.ts";

/** All that a memory file holds. */
export type MemoryContent = SavedMemory & {
  /** One array [2 + N, C] a layer, as `readRnnState` gives them. */
  readonly state: readonly Float32Array[];
  /** JPEGs by the index of their frame. */
  readonly thumbnails: ReadonlyMap<number, Uint8Array<ArrayBuffer>>;
};

/** Stands in a file for its own digest while that is computed. */
const noDigest = "0".repeat(64);
/** The header's entry with the digest; the JSON in the entry beside it has its quotes escaped. */
const digestEntry = /"sha256":"([0-9a-f]{64})"/;

/**
 * A memory as a safetensors file: `state.N` f32 [2 + N, C], `thumbnail.N` u8, and in `__metadata__` `auroralong`, everything
 * else as JSON, and `sha256`, of the whole file with zeros in the digest's own place.
 */
export async function writeMemoryFile(
  content: MemoryContent,
  model: ModelIdentity,
  { headSize, hiddenSize }: TextConfig,
): Promise<Uint8Array<ArrayBuffer>> {
  const { state, thumbnails, ...saved } = content;
  const { name, quantization } = model;
  const identity = { name, sha256: model.sha256, quantization };
  const auroralong = JSON.stringify({ version: savedVersion, model: identity, ...saved });
  const tensors: NamedTensor[] = [
    ...state.map((data, n) => ({ name: `state.${n}`, shape: [2 + headSize, hiddenSize], data })),
    ...[...thumbnails].map(([frame, data]) => ({ name: `thumbnail.${frame}`, shape: [data.length], data })),
  ];
  const file = writeSafetensors(tensors, { sha256: noDigest, auroralong });
  const place = findDigest(file);
  if (!place) throw new Error("the header has no place for the digest");
  file.set(new TextEncoder().encode(await sha256(file)), place.at);
  return file;
}

/**
 * Reads a memory file that was made with this model.
 *
 * @throws AuroraError `MemoryUnreadable` for anything that is no whole memory file that this version knows,
 *   `MemoryOfAnotherModel`
 */
export async function readMemoryFile(blob: Blob, model: ModelIdentity, config: TextConfig): Promise<MemoryContent> {
  const { saved, tensors } = await readWhole(blob);
  checkModel(saved.model, model);
  const state = Array.from({ length: config.numHiddenLayers }, (_, n) => {
    const tensor = tensors.get(`state.${n}`);
    const fits = tensor?.dtype === "F32" && tensor.shape.join() === [2 + config.headSize, config.hiddenSize].join();
    if (!fits) throw damaged(`its state.${n} is not one of this model`);
    return new Float32Array(tensor.bytes.slice().buffer);
  });
  const thumbnails = new Map<number, Uint8Array<ArrayBuffer>>();
  for (const [name, { dtype, bytes }] of tensors) {
    const frame = /^thumbnail\.(\d+)$/.exec(name)?.[1];
    if (frame && dtype === "U8") thumbnails.set(Number(frame), bytes.slice());
  }
  const { model: _, ...rest } = saved;
  return { ...rest, state, thumbnails };
}

/** What to offer a memory file by. */
export type MemorySummary = {
  /** Of the video. */
  readonly name: string;
  readonly watchedUntilSeconds: number;
  readonly questions: number;
  /** When it was saved, in milliseconds since 1970. */
  readonly savedMs: number;
  /** `SavedMemory.lineage` */
  readonly lineage: string | null;
  readonly model: ModelIdentity;
};

/** What a memory file is about; null where it is none, or not whole. */
export async function inspectMemoryFile(blob: Blob): Promise<MemorySummary | null> {
  try {
    const { video, watchedUntilSeconds, conversation, model, lineage } = (await readWhole(blob)).saved;
    const savedMs = blob instanceof File ? blob.lastModified : 0;
    return {
      name: video?.name ?? "video",
      watchedUntilSeconds,
      questions: conversation.length,
      savedMs,
      model,
      lineage,
    };
  } catch {
    return null;
  }
}

/** A file whose bytes are as they were written. @throws AuroraError `MemoryUnreadable` */
async function readWhole(blob: Blob) {
  const file = new Uint8Array(await readAll(blob));
  const { metadata, tensors } = await readMemoryTensors(file);
  const json = parseJson(metadata.get("auroralong"));
  checkVersion(json);
  const place = findDigest(file);
  if (!place) throw damaged("it has no checksum");
  file.set(new TextEncoder().encode(noDigest), place.at);
  if ((await sha256(file)) !== place.digest) throw damaged("its checksum does not fit");
  return { saved: parseSaved(json), tensors };
}

/** Most bytes that a memory file is read to; the largest state known takes a hundredth of it. */
const maxBytes = 2 ** 31;

async function readAll(blob: Blob): Promise<ArrayBuffer> {
  if (blob.size > maxBytes) throw damaged(`it has ${blob.size} bytes`);
  try {
    return await blob.arrayBuffer();
  } catch (cause) {
    throw new AuroraError("MemoryUnreadable", "The file cannot be read any more. Choose it again.", cause);
  }
}

function findDigest(file: Uint8Array): { readonly at: number; readonly digest: string } | null {
  const length = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true));
  // One character a byte, so that places in the text are places in the file.
  const header = new TextDecoder("latin1").decode(file.subarray(8, 8 + length));
  const found = digestEntry.exec(header);
  return found ? { at: 8 + found.index + '"sha256":"'.length, digest: found[1] as string } : null;
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined) throw damaged("it is a safetensors file of something else");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged("its description is no JSON", cause);
  }
}

function checkVersion(json: unknown): void {
  const { version } = (json ?? {}) as { readonly version?: unknown };
  if (typeof version !== "number" || !(version > savedVersion)) return;
  throw new AuroraError(
    "MemoryUnreadable",
    `This memory was saved by a newer version of this app (format ${version}, this one reads up to ${savedVersion}). Reload the page to get the newest, and open it again.`,
  );
}

function checkModel(saved: ModelIdentity, model: ModelIdentity): void {
  if (saved.sha256 === model.sha256) return;
  const [made, loaded] = [saved, model].map(({ name, quantization }) => `${name} as ${quantization}`);
  const which = made === loaded ? `another version of ${model.name}` : `the model ${made}, and ${loaded} is loaded`;
  throw new AuroraError(
    "MemoryOfAnotherModel",
    `This memory was made with ${which}. Load that model, then open it again.`,
  );
}

/** The error for a file that no memory can be made of. */
function damaged(problem: string, cause?: unknown): AuroraError {
  return new AuroraError(
    "MemoryUnreadable",
    `This is not a whole memory file: ${problem}. Choose another one, or copy it again from where it came.`,
    cause,
  );
}
