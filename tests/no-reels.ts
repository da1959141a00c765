import type { Reels } from "../src/session/reels.ts";

/** Of a memory whose frames come from no file: none can be decoded again. */
export const noReels: Pick<Reels, "tokens" | "decodable"> = {
  decodable: () => false,
  async *tokens() {},
};
