import type { FromSearch, ToSearch } from "./protocol.ts";
import { createVectors, type Vectors } from "./vectors.ts";

/** The part of a dedicated worker's global scope that is used here; TypeScript's DOM library describes the window's. */
const port = globalThis as unknown as {
  postMessage(message: FromSearch): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToSearch>) => void): void;
};

let vectors: Vectors | null = null;

port.addEventListener("message", ({ data }) => {
  if (data.type === "add") {
    vectors ??= createVectors(data.width);
    vectors.add(data.seconds, data.rows);
    port.postMessage({ type: "count", count: vectors.count });
    return;
  }
  const query = data.type === "nearest" ? data.query : vectors?.at(data.seconds);
  const moments = query ? (vectors?.nearest(query, data.most) ?? []) : [];
  port.postMessage({ type: "found", request: data.request, moments });
});
