import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Path of a Firefox on this machine; null where there is none, which tests say and count without. */
export function findFirefox(): string | null {
  const places = [
    process.env.FIREFOX_PATH,
    "/usr/bin/firefox-esr",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
    "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
  ];
  return places.find((path) => path && existsSync(path)) ?? null;
}

/** As root on Debian, installs firefox-esr where no Firefox is; a machine without a way to it goes without. */
export function installFirefox(): void {
  if (findFirefox() || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  const apt = (...args: string[]) => execFileSync("apt-get", ["-q", ...args], { stdio: ["ignore", 2, 2] });
  try {
    apt("update");
    apt("install", "-y", "--no-install-recommends", "firefox-esr");
  } catch {
    console.error("firefox-esr could not be installed.");
  }
}

/** WebGPU on, whatever the graphics card, and nothing that Firefox asks, opens or fetches by itself. */
const settings = {
  "dom.webgpu.enabled": true,
  "dom.webgpu.workers.enabled": true,
  "gfx.webgpu.ignore-blocklist": true,
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "toolkit.telemetry.reportingpolicy.firstRun": false,
};

/** A running Firefox; `close` ends it and deletes its profile's folder. */
export type Firefox = { readonly profile: string; close(): Promise<void> };

/** Starts a headless Firefox with a profile of its own; settings besides are given by their names in about:config. */
export function startFirefox(
  path: string,
  args: readonly string[],
  more: Readonly<Record<string, boolean | number | string>> = {},
): Firefox {
  const profile = mkdtempSync(join(tmpdir(), "aurora-firefox-"));
  const lines = Object.entries({ ...settings, ...more }).map(([name, value]) => {
    return `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`;
  });
  writeFileSync(join(profile, "user.js"), lines.join(""));
  const child = spawn(path, ["--headless", "--no-remote", "--profile", profile, ...args], { stdio: "ignore" });
  child.on("error", () => undefined); // whoever waits for it notices
  return {
    profile,
    async close() {
      await ended(child);
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

/** Ends a process, by force where it takes longer than ten seconds. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  const force = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await exit;
  clearTimeout(force);
}
