import type { Patience } from "../../../src/bytes/retry.ts";
import type { ErrorData } from "../../../src/errors.ts";
import { toAuroraError } from "../../../src/errors.ts";
import { createAssets } from "../../../src/library/model-assets.ts";
import { openModel } from "../../../src/library/open-model.ts";
import type { LoadProgress, ModelChoice, Quantization } from "../../../src/library/types.ts";

/** What the worker is asked to open. */
export type Order = {
  readonly model: ModelChoice;
  readonly quantization: Quantization | "auto";
  readonly patience: Patience;
  /** Of the adapter that it would be loaded on. */
  readonly gpuBytes: number;
  /** Stop for good before this write of the conversion, counted from 1; 0 for never. */
  readonly stopAtWrite: number;
};

export type Opened = {
  readonly name: string;
  readonly license: string;
  readonly quantization: Quantization;
  readonly parameters: number;
  readonly notices: readonly string[];
};

/** What the worker tells. */
export type Told =
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | { readonly type: "stopped" }
  | { readonly type: "opened"; readonly opened: Opened }
  | { readonly type: "failed"; readonly error: ErrorData };

// Opens a model as the engine does, and reads all its tensors, without a GPU.
self.onmessage = async ({ data }: MessageEvent<Order>) => {
  const tell = (message: Told) => self.postMessage(message);
  let stage = "";
  let writes = 0;
  beforeEachWrite(() => {
    if (stage !== "convert" || ++writes !== data.stopAtWrite) return;
    tell({ type: "stopped" });
    for (;;); // nothing more is written before the worker is ended
  });
  try {
    const { folder, notices, release } = await openModel(data.model, {
      quantization: data.quantization,
      patience: data.patience,
      limits: {
        maxBufferSize: data.gpuBytes, // its whole memory, of a software adapter
        software: true,
        half: false,
        deviceMemory: null,
      },
      assets: createAssets(location.origin),
      onProgress(progress) {
        stage = progress.stage;
        tell({ type: "progress", progress });
      },
    });
    for (const name of folder.tensors.names) await folder.tensors.read(name);
    release();
    const { config, parameters } = folder;
    const { name, license, quantization } = config;
    tell({ type: "opened", opened: { name, license, quantization, parameters, notices } });
  } catch (error) {
    tell({ type: "failed", error: toAuroraError(error, "ModelCorrupt", String(error)).toData() });
  }
};

/** Calls `action` before anything is written to a file of the private file system. */
function beforeEachWrite(action: () => void): void {
  type Handle = { write(...args: unknown[]): number };
  const { prototype } = (globalThis as unknown as { FileSystemSyncAccessHandle: { prototype: Handle } })
    .FileSystemSyncAccessHandle;
  const write = prototype.write;
  prototype.write = function (this: Handle, ...args) {
    action();
    return write.apply(this, args);
  };
}
