/**
 * The package: what other pages use. `openAssistant` is where everything begins; all else are the types of what it gives, and
 * the error that it throws.
 */

export type { SoundTrack } from "./audio/sound-packets.ts";
export { AuroraError, type ErrorCode, type ErrorData } from "./errors.ts";
export type { LoadProgress, ModelChoice, PickedFile, Quantization } from "./library/types.ts";
export type { Assumptions } from "./model/assumptions.ts";
export { openCapture } from "./session/page/capture.ts";
export { openAssistant } from "./session/page/client.ts";
export { storeRecogniser } from "./session/page/recogniser.ts";
export { findSavedSessions, forgetSavedSession, type SavedSession } from "./session/page/saved-sessions.ts";
export type { Note, Scene, StandingQuestion, TurnRecord } from "./session/records.ts";
export * from "./session/types.ts";
export type { RecogniserInfo } from "./speech/protocol.ts";
export type { SourceInfo } from "./video/frame-source.ts";
