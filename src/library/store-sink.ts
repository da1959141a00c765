import type { ConvertOptions, ModelSink, StoredShard } from "../model/convert.ts";
import { isRecord } from "../model/fields.ts";
import { sha256 } from "../model/sha256.ts";
import type { StoreFolder } from "./store-folder.ts";

/** Stores what is converted; `have` finds what an interrupted conversion had stored, and hashes it once more. */
export function createStoreSink(folder: StoreFolder): ModelSink & Required<Pick<ConvertOptions, "have">> {
  return {
    async write(path, content, shard) {
      const writer = await folder.openPart(path);
      try {
        await writer.truncate(0);
        await writer.append(content);
      } finally {
        await writer.close();
      }
      // The small files beside the shards are written anew by each conversion.
      if (shard) await folder.seal(path, shard);
    },
    // The manifest, which its caller writes, is what makes the folder a model.
    finish: async () => undefined,
    async have(path) {
      const record = await folder.whole(path);
      if (!record || !isShard(record)) return null;
      const content = await folder.read(path);
      return content && (await sha256(await content.arrayBuffer())) === record.sha256 ? record : null;
    },
  };
}

function isShard(record: object): record is StoredShard {
  return isRecord(record) && typeof record.tensorBytes === "number" && Array.isArray(record.kept);
}
