import { inspectMemoryFile } from "../../src/session/memory/memory-file.ts";
import type { SavedSessions, World } from "./world.ts";

/** Sessions that the page keeps at most; it deletes older ones. */
const mostKept = 5;

/** The sessions that lie in the browser's private file system; null where the page cannot be asked. */
export async function savedSessions({ page }: World): Promise<SavedSessions | null> {
  const files = await readSessions(page).catch(() => null);
  if (!files) return null;
  const saved = new Map<string, boolean>();
  for (const { session, content } of files) {
    const whole = (await inspectMemoryFile(new Blob([Buffer.from(content, "base64")]))) !== null;
    saved.set(session, whole || saved.get(session) === true);
  }
  return saved;
}

/** The files of all sessions, in base64. */
function readSessions(page: World["page"]): Promise<{ session: string; content: string }[]> {
  return page.evaluate(async () => {
    const found: { session: string; content: string }[] = [];
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("sessions").catch(() => null);
    if (!folder) return found;
    for await (const [session, each] of folder.entries()) {
      if (each.kind !== "directory") continue;
      for await (const entry of (each as FileSystemDirectoryHandle).values()) {
        if (entry.kind !== "file") continue;
        const bytes = new Uint8Array(await (await (entry as FileSystemFileHandle).getFile()).arrayBuffer());
        let text = "";
        for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
        found.push({ session, content: btoa(text) });
      }
    }
    return found;
  });
}

/** Sessions that had a whole file before, and still lie there, but without one. */
export function brokenSessions(before: SavedSessions | null, now: SavedSessions | null): string[] {
  if (!before || !now) return [];
  const broken = [...before].filter(([session, whole]) => whole && now.get(session) === false);
  return broken.map(([session]) => `session ${session} has no whole file any more`);
}

/** After the tab was killed: sessions that were whole just before and are gone. The page deletes none but the oldest then. */
export async function lostToKill(world: World): Promise<string[]> {
  const before = world.savedBeforeKill;
  world.savedBeforeKill = null;
  if (!before) return [];
  const whole = [...before].filter(([, isWhole]) => isWhole).map(([session]) => session);
  const now = await savedSessions(world);
  const gone = whole.filter((session) => now?.get(session) !== true);
  return gone.length > Math.max(0, whole.length - mostKept) ? [`the tab's end lost sessions ${gone.join(", ")}`] : [];
}

/** Opens the memory file that was saved last: it must be whole, and what was asked before must be there. */
export async function mustStillOpen({ page, memoryFile }: World): Promise<string[]> {
  if (!memoryFile) return [];
  const summary = await inspectMemoryFile(new Blob([memoryFile.content]));
  if (!summary) return ["a memory file that was saved is not whole"];
  const file = { name: "saved.aurora", mimeType: "application/octet-stream", buffer: memoryFile.content };
  await page.getByLabel("Open memory").first().setInputFiles(file);
  const turns = page.getByRole("log", { name: "Conversation" }).getByRole("article");
  const heading = page.getByRole("heading", { name: summary.name, exact: true }).first();
  await heading.waitFor({ timeout: 60_000 });
  await page.waitForTimeout(300);
  const count = await turns.count();
  return count < summary.questions ? [`a memory file with ${summary.questions} turns shows ${count}`] : [];
}
