import { isFileName } from "./config.ts";
import { corruptFile, Fields, isRecord } from "./fields.ts";

/** What a checkpoint's `….index.json` says: which file holds which tensor. */
type ShardIndex = {
  /** Tensor name → name of a file in the index's folder. */
  readonly weightMap: ReadonlyMap<string, string>;
  /** Bytes of all tensors; null where the index does not say. */
  readonly tensorBytes: number | null;
};

/**
 * Checks the content of an index as Hugging Face's libraries write it.
 *
 * @param file the index's name, for messages
 * @throws AuroraError `ModelCorrupt` naming the field that is wrong
 */
export function parseShardIndex(file: string, content: Uint8Array): ShardIndex {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(content));
  } catch (error) {
    throw corruptFile(file, "is damaged: it is no JSON", error);
  }
  const fields = new Fields(file, "", json);
  const map = isRecord(json) ? json.weight_map : undefined;
  if (!isRecord(map)) throw fields.corrupt("weight_map", "an object");
  const weightMap = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(map)) {
    if (typeof shard !== "string" || !isFileName(shard))
      throw fields.corrupt("weight_map", "names of files in the folder");
    weightMap.set(tensor, shard);
  }
  const metadata = fields.section("metadata", true);
  return { weightMap, tensorBytes: metadata.has("total_size") ? metadata.count("total_size", { min: 0 }) : null };
}
