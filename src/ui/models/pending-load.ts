import type { ModelRequest } from "./model-slot.ts";

/** A download that was under way when the page was closed. */
export type PendingLoad = {
  /** The model that was being downloaded, or null. */
  read(): ModelRequest | null;
  write(request: ModelRequest | null): void;
};

const name = "aurora.loading";

/** In the browser's local storage; nothing is remembered where that is refused. */
export const pendingLoad: PendingLoad = {
  read() {
    try {
      // Written by this page, or by nobody.
      const request = JSON.parse(localStorage.getItem(name) ?? "null") as ModelRequest | null;
      return request?.choice?.kind === "hub" ? request : null;
    } catch {
      return null;
    }
  },
  write(request) {
    try {
      if (request === null) localStorage.removeItem(name);
      else localStorage.setItem(name, JSON.stringify(request));
    } catch {
      // Refused, as some private windows do: the download is then gone on with when it is asked for.
    }
  },
};
