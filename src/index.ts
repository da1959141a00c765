/**
 * The package: what other pages use. `openAssistant` is where everything begins; all else are the types of what it gives, and
 * the error that it throws.
 */
export { AuroraError, type ErrorCode, type ErrorData } from "./errors.ts";
export type { LoadProgress, ModelChoice, Quantization } from "./library/types.ts";
export { openCapture } from "./session/page/capture.ts";
export { openAssistant } from "./session/page/client.ts";
export { findSavedSessions, forgetSavedSession, type SavedSession } from "./session/page/saved-sessions.ts";
export * from "./session/types.ts";
