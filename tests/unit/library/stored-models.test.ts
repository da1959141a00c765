import { beforeEach, describe, expect, it } from "vitest";
import { storeFolder } from "../../../src/library/store-folder.ts";
import * as models from "../../../src/library/stored-models.ts";
import { type FileStore, writeFile } from "../../../src/storage/file-store.ts";
import { createMemoryStore } from "../../../src/storage/memory-store.ts";

const content = new TextEncoder().encode("weights");
const sha256 = "0".repeat(64);

let store: FileStore;
beforeEach(() => {
  store = createMemoryStore();
});

function manifest(key: string, storedAt = 1): models.Manifest {
  const files = [{ path: "deep/model.safetensors", byteLength: content.length, sha256 }];
  const common = { format: models.manifestFormat, license: "mit", source: "here", sourceKey: "s", notices: [] };
  return { ...common, key, name: key, quantization: "int4", storedAt, files };
}

async function add(key: string, storedAt?: number): Promise<void> {
  await writeFile(store, `${models.modelFolder(store, key).path}/files/deep/model.safetensors`, content);
  await models.writeManifest(store, manifest(key, storedAt));
}

describe("settings that are kept with a model", () => {
  it("are there from then on, beside those before, and go with the model", async () => {
    await add("m");
    await models.keepAssumptions(store, "m", { vision_config: { fit: "stretch" } });
    await models.keepAssumptions(store, "m", { vision_config: { resample: "bilinear" }, prompt: { answer_lead: "" } });
    const { manifest } = await models.openStored(store, "m");
    expect(manifest.assumptions).toEqual({
      vision_config: { fit: "stretch", resample: "bilinear" },
      prompt: { answer_lead: "" },
    });
    await models.removeModel(store, "m");
    await expect(models.keepAssumptions(store, "m", {})).rejects.toMatchObject({ code: "ModelNotFound" });
  });

  it("can be kept with no model that is not stored", async () => {
    await expect(models.keepAssumptions(null, "m", {})).rejects.toMatchObject({ code: "ModelNotFound" });
  });
});

describe("the list of models", () => {
  it("shows whole models, the newest first", async () => {
    await add("old", 1);
    await add("new", 2);
    expect((await models.listModels(store)).map(({ key }) => key)).toEqual(["new", "old"]);
  });

  it.each([
    ["without a manifest", "models/m/manifest.json", null],
    ["with a torn manifest", "models/m/manifest.json", '{"format":1,"key":"m","fil'],
    ["of another version", "models/m/manifest.json", JSON.stringify({ ...manifest("m"), format: 0 })],
    ["moved from elsewhere", "models/m/manifest.json", JSON.stringify(manifest("other"))],
    ["with a file that is cut off", "models/m/files/deep/model.safetensors", "weig"],
    ["with a file that is gone", "models/m/files/deep/model.safetensors", null],
  ])("shows none %s", async (_, path, text) => {
    await add("m");
    if (text === null) await store.remove(path);
    else await writeFile(store, path, new TextEncoder().encode(text));
    expect(await models.listModels(store)).toEqual([]);
    await expect(models.openStored(store, "m")).rejects.toMatchObject({
      code: "ModelNotFound",
      message: expect.stringMatching(/Load it again/),
    });
  });

  it("lets files be read, and says when one vanished", async () => {
    await add("m");
    const { files } = await models.openStored(store, "m");
    const reader = await files.open("deep/model.safetensors");
    expect([reader.byteLength, new TextDecoder().decode(await reader.read(1, 4))]).toEqual([7, "eig"]);
    await expect(files.open("nothing")).rejects.toMatchObject({ code: "ModelNotFound" });
  });

  it("forgets what is removed, and counts what is left", async () => {
    await add("a");
    await add("b");
    await writeFile(store, `${models.downloadFolder(store, "s").path}/files/part`, content);
    await models.removeModel(store, "a");
    const { modelBytes, partialBytes } = await models.countStored(store);
    expect(partialBytes).toBe(content.length);
    expect(modelBytes).toBeGreaterThan(content.length);
    expect(await models.listKeys(store)).toEqual({ sources: ["s"], models: ["b"] });
    await models.removeDownload(store, "s");
    expect(await models.countStored(store)).toEqual({ modelBytes, partialBytes: 0 });
  });
});

describe("a file of a store's folder", () => {
  it("is whole from being sealed to being opened again", async () => {
    const folder = storeFolder(store, "downloads/x");
    const writer = await folder.openPart("a/b");
    await writer.append(content);
    await writer.close();
    expect([await folder.whole("a/b"), await folder.presentBytes("a/b")]).toEqual([null, 7]);
    await folder.seal("a/b", { byteLength: 7, sha256 });
    expect(await folder.whole("a/b")).toEqual({ byteLength: 7, sha256 });
    await (await folder.openPart("a/b")).close();
    expect(await folder.whole("a/b")).toBeNull();
  });

  it.each(['{"byteLength":7,"sha', "[]", '{"byteLength":7}', '{"byteLength":8,"sha256":"x"}'])(
    "is not whole by the record %s",
    async (record) => {
      const folder = storeFolder(store, "downloads/x");
      await writeFile(store, "downloads/x/files/a", content);
      await writeFile(store, "downloads/x/whole/a", new TextEncoder().encode(record));
      expect(await folder.whole("a")).toBeNull();
    },
  );
});
