import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { chromium } from "playwright";

/** Command line of a headless Chromium that has WebGPU, on machines with and without a GPU. */
export const chromiumFlags = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--ignore-gpu-blocklist",
] as const;

/** Path of a Chromium or Chrome on this machine; as root on Debian it is installed when missing. Throws with the command to run. */
export function findChromium(): string {
  const found = candidates().find((path) => path && existsSync(path));
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    execFileSync("apt-get", ["update", "-q"], { stdio: "inherit" });
    execFileSync("apt-get", ["install", "-q", "-y", "--no-install-recommends", "chromium"], { stdio: "inherit" });
    if (existsSync("/usr/bin/chromium")) return "/usr/bin/chromium";
  }
  throw new Error(
    "No Chromium found. Install one (Debian: sudo apt-get install chromium), or set CHROME_PATH to a Chrome or Chromium.",
  );
}

function candidates(): (string | undefined)[] {
  return [
    process.env.CHROME_PATH,
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    chromium.executablePath(),
  ];
}

/** Vulkan driver description for Dawn in Node: the one given, or the software driver that every Chromium brings; null where the system's own serves. */
export function findVulkanDriver(): string | null {
  if (process.env.VK_DRIVER_FILES || process.platform !== "linux") return null;
  const folders = ["/usr/lib/chromium", "/opt/google/chrome", "/usr/lib/chromium-browser", dirname(findChromium())];
  const folder = folders.find((path) => existsSync(join(path, "vk_swiftshader_icd.json")));
  return folder ? join(folder, "vk_swiftshader_icd.json") : null;
}
