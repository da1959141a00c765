import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Code of onnxruntime itself. */
const isOnnxruntime = /(^|\/)ort[.-]/;

/** Most bytes of JavaScript, compressed, that the page may load until the model that comes with it is ready. */
export const firstVisitLimit = 250_000;

/**
 * Bytes of JavaScript, compressed, among files that were asked for, each counted once; onnxruntime's own are not.
 *
 * @param folder the build's
 * @param paths in it
 */
export function scriptBytes(folder: string, paths: Iterable<string>): number {
  const scripts = [...new Set(paths)].filter((path) => path.endsWith(".js") && !isOnnxruntime.test(path));
  return scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(folder, path)), { level: 9 }).length, 0);
}
