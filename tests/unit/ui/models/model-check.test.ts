import { expect, test, vi } from "vitest";
import { AuroraError } from "../../../../src/errors.ts";
import type { Assistant, ProbeOptions, ProbeReport } from "../../../../src/session/types.ts";
import { createModelCheck } from "../../../../src/ui/models/model-check.ts";
import { createModelSlot } from "../../../../src/ui/models/model-slot.ts";
import { request } from "../test-assistant.ts";

const assumptions = { vision_config: { fit: "stretch" } };
const report = { sentence: "better", proposal: { assumptions } } as unknown as ProbeReport;

/** A page with a stored model, or one that comes with the page, whose check ends when the test says so. */
async function openPage(storedKey: string | null = "m-f16", offered: string[] = []) {
  const checks: { options: ProbeOptions; resolve(report: ProbeReport): void; reject(error: Error): void }[] = [];
  const probe = (options: ProbeOptions = {}) =>
    new Promise<ProbeReport>((resolve, reject) => {
      options.signal?.addEventListener("abort", () => reject(new AuroraError("Aborted", "Stopped.")));
      checks.push({ options, resolve, reject });
    });
  const assistant = () =>
    ({ model: { storedKey }, probe, failed: new Promise(() => undefined), close: vi.fn() }) as unknown as Assistant;
  const slot = createModelSlot(async () => assistant(), request);
  const keep = vi.fn(async (_key: string, _assumptions: object) => undefined);
  const offers = { has: (key: string) => offered.includes(key), add: (key: string) => void offered.push(key) };
  const check = createModelCheck(slot, { keep }, offers);
  await slot.load();
  return { slot, check, checks, keep, offered };
}

test("is offered once for each model of the person's, and not for the one that comes with the page", async () => {
  const offered: string[] = [];
  const first = await openPage("m-f16", offered);
  expect(first.check.snapshot.offered).toBe(true);
  first.check.dismiss();
  expect(first.check.snapshot.offered).toBe(false);
  expect((await openPage("m-f16", offered)).check.snapshot.offered).toBe(false);
  expect((await openPage("m-int8", offered)).check.snapshot.offered).toBe(true);
  expect((await openPage(null, offered)).check.snapshot.offered).toBe(false);
});

test("tells how far it is and what it found, which can be kept and then counts", async () => {
  const { slot, check, checks, keep } = await openPage();
  void check.start();
  expect(check.snapshot).toEqual({ offered: false, check: { status: "running", progress: null } });
  const progress = { done: 1, total: 9, what: "pictures" };
  checks[0]?.options.onProgress?.(progress);
  expect(check.snapshot.check).toEqual({ status: "running", progress });
  checks[0]?.resolve(report);
  await vi.waitFor(() => expect(check.snapshot.check).toEqual({ status: "done", report, kept: false }));
  await check.keep();
  expect(keep).toHaveBeenCalledExactlyOnceWith("m-f16", assumptions);
  expect(check.snapshot.check).toEqual({ status: "done", report, kept: true });
  await check.reload();
  expect(slot.snapshot.model.status).toBe("ready");
  expect(check.snapshot.check).toEqual({ status: "none" });
});

test("keeps nothing of a model that is not stored", async () => {
  const { check, checks, keep } = await openPage(null);
  void check.start();
  checks[0]?.resolve(report);
  await vi.waitFor(() => expect(check.snapshot.check.status).toBe("done"));
  await check.keep();
  expect(keep).not.toHaveBeenCalled();
});

test("can be stopped, and begun again", async () => {
  const { check, checks } = await openPage();
  void check.start();
  void check.start();
  expect(checks).toHaveLength(1);
  check.cancel();
  await vi.waitFor(() => expect(check.snapshot.check).toEqual({ status: "none" }));
  void check.start();
  expect(checks).toHaveLength(2);
});

test("says why it failed", async () => {
  const { check, checks } = await openPage();
  void check.start();
  checks[0]?.reject(new AuroraError("DownloadFailed", "No network."));
  await vi.waitFor(() =>
    expect(check.snapshot.check).toMatchObject({ status: "failed", error: { message: "No network." } }),
  );
});

test("is forgotten with its model, and what comes late is dropped", async () => {
  const { slot, check, checks } = await openPage();
  void check.start();
  await slot.load();
  expect(checks[0]?.options.signal?.aborted).toBe(true);
  checks[0]?.resolve(report);
  await Promise.resolve();
  expect(check.snapshot.check).toEqual({ status: "none" });
});
