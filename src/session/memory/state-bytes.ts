import type { TextConfig } from "../../model/config.ts";
import { stateByteLength } from "../../rnn/state.ts";

/** A state's layers, as `readRnnState` gives them, one after the other as bytes: `stateByteLength` in all. */
export function joinLayers(layers: readonly Float32Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(layers.reduce((sum, layer) => sum + layer.byteLength, 0));
  let at = 0;
  for (const layer of layers) {
    bytes.set(new Uint8Array(layer.buffer, layer.byteOffset, layer.byteLength), at);
    at += layer.byteLength;
  }
  return bytes;
}

/** The layers of what `joinLayers` joined. */
export function splitLayers(config: TextConfig, bytes: Uint8Array): Float32Array[] {
  const layerBytes = stateByteLength(config) / config.numHiddenLayers;
  return Array.from(
    { length: config.numHiddenLayers },
    (_, layer) => new Float32Array(bytes.slice(layer * layerBytes, (layer + 1) * layerBytes).buffer),
  );
}
