import { vi } from "vitest";
import { AuroraError, type ErrorData } from "../../../src/errors.ts";
import type { Assistant, OpenOptions, SessionSnapshot } from "../../../src/session/types.ts";
import type { ModelRequest } from "../../../src/ui/models/model-slot.ts";
import { createStore } from "../../../src/ui/parts/store.ts";

/** Two models to open. */
export const request: ModelRequest = { name: "m", choice: { kind: "folder", url: "m/" }, quantization: "auto" };
export const other: ModelRequest = { name: "n", choice: { kind: "stored", key: "n-int8" }, quantization: "int8" };

/** An assistant whose sessions are stores that the test moves on; `lose` loses its GPU, `log` tells what was closed in which order. */
export function testAssistant(log: string[] = []) {
  let lose: (error: ErrorData) => void = () => undefined;
  const failed = new Promise<ErrorData>((resolve) => {
    lose = resolve;
  });
  const sessions: { source: unknown; store: ReturnType<typeof sessionStore>; close: ReturnType<typeof vi.fn> }[] = [];
  const watch = vi.fn((source: Blob | string) => {
    const store = sessionStore();
    const close = vi.fn(async () => {
      log.push("session");
    });
    sessions.push({ source, store, close });
    return Object.assign(store, { close });
  });
  const close = vi.fn(async () => {
    log.push("assistant");
  });
  return {
    assistant: { model: { name: "test", sees: true }, failed, watch, close } as unknown as Assistant,
    sessions,
    close,
    lose,
  };
}

function sessionStore() {
  return createStore({ status: "opening", framesWatched: 0, error: null } as SessionSnapshot);
}

/** An opening that the test moves on by hand. */
export function testOpening() {
  const calls: { options: OpenOptions; resolve: (assistant: Assistant) => void; reject: (error: Error) => void }[] = [];
  const open = (options: OpenOptions) =>
    new Promise<Assistant>((resolve, reject) => {
      options.signal?.addEventListener("abort", () => reject(new AuroraError("Aborted", "Stopped.")));
      calls.push({ options, resolve, reject });
    });
  return { open, calls };
}
