/**
 * Keeps the page's own files, the small model included, so that the next visit needs no network. They are kept when a version
 * of the page is installed, what not everybody needs once it was asked for; a version is used as a whole: a newer one takes
 * over once no tab shows the older.
 * Whatever else is asked for goes to the network as if this did not exist.
 */

/** Paths of all files of the build with a part of their SHA-256, put in by the build (`vite.config.ts`). */
declare const builtFiles: Readonly<Record<string, string>>;
/** A name of all of them together. */
declare const builtVersion: string;

/** The part of a service worker's global scope that is used here; TypeScript's DOM library describes the window's. */
const scope = globalThis as unknown as {
  readonly registration: { readonly scope: string };
  addEventListener(type: "install" | "activate", listener: (event: Lifetime) => void): void;
  addEventListener(type: "fetch", listener: (event: Asked) => void): void;
};
type Lifetime = { waitUntil(done: Promise<unknown>): void };
type Asked = { readonly request: Request; respondWith(response: Promise<Response>): void };

const base = scope.registration.scope;
/** The build of onnxruntime that the page computes with, told by the page in this script's address; null where it could not start. */
const build = new URL(location.href).searchParams.get("onnxruntime");
const builds = /^assets\/ort-wasm-simd-threaded(?:\.(\w+))?-/;
/** Folders of what is kept once it was asked for: models of speech, the pictures of the check of a model. */
const onDemand = ["models/silero-vad/", "models/whisper-tiny.en/", "probe/"];
const data = ["models/", "samples/", "probe/"];
const cacheName = `auroralong ${builtVersion}`;

scope.addEventListener("install", (event) => event.waitUntil(keepAll()));
scope.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
scope.addEventListener("fetch", (event) => {
  const path = pathOf(event.request);
  if (path !== null) event.respondWith(answer(path, event.request.headers.get("range")));
});

/** The build's file that a request is for; null where it is for something else. */
function pathOf({ method, mode, url }: Request): string | null {
  if (method !== "GET" || !url.startsWith(base)) return null;
  const path = decodeURIComponent(url.slice(base.length).split(/[?#]/)[0] ?? "");
  if (mode === "navigate" && path === "") return "index.html";
  return path in builtFiles ? path : null;
}

async function keepAll(): Promise<void> {
  const cache = await caches.open(cacheName);
  // One after the other: together they would hold up the page that is being looked at.
  for (const path of Object.keys(builtFiles)) {
    if (await cache.match(keyOf(path))) continue;
    const known = () => caches.match(keyOf(path));
    if (!isOnDemand(path) || (await known())) await keep(cache, path);
  }
}

/** Whether a file is kept only once it was asked for. */
function isOnDemand(path: string): boolean {
  const binary = builds.exec(path);
  return binary ? (binary[1] ?? "plain") !== build : onDemand.some((folder) => path.startsWith(folder));
}

/** Takes a file from an older version where it is the same, else from the network, or from what the browser has of it. */
async function keep(cache: Cache, path: string): Promise<Response | undefined> {
  const known = await caches.match(keyOf(path));
  if (known) await cache.put(keyOf(path), known);
  else {
    const request = new Request(new URL(path, base), { cache: "no-cache" });
    await cache.add(request);
    const fresh = await cache.match(request);
    await cache.delete(request);
    // Once kept it would stay wrong; so it is asked for again the next time.
    if (fresh && !(await isIntact(path, fresh.clone()))) return fresh;
    // Hosts that send index.html on to its folder make an answer that no page may be opened with as it is.
    if (fresh) await cache.put(keyOf(path), fresh.redirected ? new Response(fresh.body, fresh) : fresh);
  }
  return cache.match(keyOf(path));
}

/** Whether data came as it was built. Pages and code are not asked: some hosts rewrite them. */
async function isIntact(path: string, response: Response): Promise<boolean> {
  if (!data.some((folder) => path.startsWith(folder))) return true;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.arrayBuffer()));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.startsWith(builtFiles[path] ?? "");
}

/** Names a file with its contents, so that versions do not take each other's. */
function keyOf(path: string): string {
  return new URL(`${path}?kept=${builtFiles[path]}`, base).href;
}

async function answer(path: string, range: string | null): Promise<Response> {
  const cache = await caches.open(cacheName);
  const whole = (await cache.match(keyOf(path))) ?? (await keep(cache, path));
  if (!whole) return Response.error();
  return range === null ? whole : slice(whole, range);
}

/** A part of a file, as players ask for it. */
async function slice(whole: Response, range: string): Promise<Response> {
  const file = await whole.blob();
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  const start = first === "" ? Math.max(0, file.size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? file.size : Math.min(Number(last) + 1, file.size);
  const headers = new Headers(whole.headers);
  if ((first === "" && last === "") || start >= end) {
    headers.set("Content-Range", `bytes */${file.size}`);
    return new Response(null, { status: 416, headers });
  }
  headers.set("Content-Range", `bytes ${start}-${end - 1}/${file.size}`);
  headers.set("Content-Length", String(end - start));
  return new Response(file.slice(start, end, file.type), { status: 206, statusText: "Partial Content", headers });
}

async function forgetOthers(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith("auroralong ") && name !== cacheName);
  await Promise.all(others.map((name) => caches.delete(name)));
}
