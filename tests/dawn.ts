import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findVulkanDriver } from "../tools/chromium.ts";

// The Vulkan loader reads these once, when Dawn first asks for an adapter.
process.env.XDG_RUNTIME_DIR ??= mkdtempSync(join(tmpdir(), "aurora-"));
const driver = findVulkanDriver();
if (driver) process.env.VK_DRIVER_FILES = driver;
