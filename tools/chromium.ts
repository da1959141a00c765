import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { chromium } from "playwright";

/** Whether this machine has a graphics card that a headless browser can use. */
const hasGpu = process.platform !== "linux" || existsSync("/dev/dri") || existsSync("/dev/nvidia0");

/** Flags with which Chromium, where there is no GPU, draws and computes on its software adapter. */
const softwareFlags = [
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--use-vulkan=swiftshader",
  "--ignore-gpu-blocklist",
  "--disable-gpu-compositing",
  "--disable-gpu-rasterization",
  // V8 compiles onnxruntime's functions anew in every worker, and again, better, in the background after a few calls. That second
  // compilation takes a third of a short run's time on a machine whose cores also have to be the GPU; so only after many calls.
  "--js-flags=--wasm-tiering-budget=1000000000",
];

/** Flags with which a Chromium without a screen finds a graphics card of Linux: it draws by Vulkan, onto no surface. */
const linuxGpuFlags = ["--use-angle=vulkan", "--disable-vulkan-surface", "--ignore-gpu-blocklist"];

/**
 * What Chromium leaves out: with each window it draws suggestions for its address bar, unseen, on two pages of their own. Of two
 * such lists it takes the last, so those follow that Playwright leaves out, as far as they matter without other servers.
 */
const withoutFeatures = [
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "LensOverlay",
  "MediaRouter",
  "PaintHolding",
  "ThirdPartyStoragePartitioning",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "TcpPortRandomizationWin",
  "OptimizationHints",
  "NetworkTimeServiceQuerying",
  "AimEnabled",
  "PreconnectToSearch",
];

/** Command line of a headless Chromium that has WebGPU, on machines with and without a GPU. */
export const chromiumFlags: readonly string[] = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--enable-features=Vulkan",
  `--disable-features=${withoutFeatures.join(",")}`,
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  ...(hasGpu ? (process.platform === "linux" ? linuxGpuFlags : []) : softwareFlags),
];

/**
 * Dawn zeroes the workgroup memory of pages that cannot be trusted, which SwiftShader compiles for seconds a kernel. Kernels that
 * write before they read need none, and one that does not would show in the tests that run so.
 */
export const bareKernelFlags: readonly string[] = ["--enable-dawn-features=disable_workgroup_init"];

/** Path of a Chromium or Chrome on this machine; as root on Debian it is installed when missing. @throws with the command to run */
export function findChromium(): string {
  const found = candidates().find((path) => path && existsSync(path));
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    execFileSync("apt-get", ["update", "-q"], { stdio: ["ignore", 2, 2] });
    execFileSync("apt-get", ["install", "-q", "-y", "--no-install-recommends", "chromium"], {
      stdio: ["ignore", 2, 2],
    });
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

/** Vulkan driver description for Dawn in Node: the software driver that every Chromium brings; null where the system's own serves. */
export function findVulkanDriver(): string | null {
  if (process.env.VK_DRIVER_FILES || process.platform !== "linux" || hasGpu) return null;
  const folders = ["/usr/lib/chromium", "/opt/google/chrome", "/usr/lib/chromium-browser", dirname(findChromium())];
  const folder = folders.find((path) => existsSync(join(path, "vk_swiftshader_icd.json")));
  return folder ? join(folder, "vk_swiftshader_icd.json") : null;
}
