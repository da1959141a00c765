import type { SpillFile } from "../../storage/spill-file.ts";
import { createMutex } from "../flow.ts";
import type { KeptBudget } from "./kept-tokens.ts";
import { createSlots } from "./slots.ts";

/**
 * Copies of the state after some frames, as a film has key frames: from the nearest one before it any moment is read again.
 * In memory first, in a spill file past that, and thinned to a budget for any length: the oldest go first, those at scene
 * changes last, and nowhere are two neighbours further apart than twice what the budget forces.
 */
export type KeyStates = {
  /** The frames after which there is one, ascending. */
  frames(): readonly number[];
  readonly count: number;
  readonly byteLength: number;
  /** Whether one is due after this frame, scene changes apart. */
  wants(frame: number): boolean;
  /** Takes a copy of the state after a frame, which comes behind all those before. */
  add(frame: number, atSceneChange: boolean, state: Uint8Array): Promise<void>;
  /** The copy after a frame; null where there is none any more. */
  read(frame: number): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Frees all, once what is under way has ended. */
  destroy(): Promise<void>;
};

/** A key state, by the frame that it follows. */
type Place = { readonly frame: number; readonly atSceneChange: boolean; readonly slot: number };

/**
 * @param stateBytes of one state
 * @param interval frames from one to the next, before any are thinned
 * @param openSpill opens the file when the memory's part of the budget is spent; may throw
 */
export function createKeyStates(
  stateBytes: number,
  interval: number,
  budget: KeptBudget,
  openSpill: () => Promise<SpillFile>,
): KeyStates {
  const slots = createSlots(stateBytes, Math.floor(budget.memoryBytes / stateBytes), openSpill);
  const turns = createMutex();
  let limit = Math.max(1, Math.floor(budget.totalBytes / stateBytes));
  let places: Place[] = [];

  function thin(): void {
    while (places.length > limit) {
      const index = leastMissed(places);
      slots.free((places[index] as Place).slot);
      places.splice(index, 1);
    }
  }

  return {
    frames: () => places.map(({ frame }) => frame),
    get count() {
      return places.length;
    },
    get byteLength() {
      return places.length * stateBytes;
    },
    wants: (frame) => (frame + 1) % interval === 0,
    add: (frame, atSceneChange, state) =>
      turns.run(async () => {
        if (places.at(-1)?.frame === frame) return;
        for (;;) {
          try {
            places.push({ frame, atSceneChange, slot: await slots.write(state) });
            thin();
            return;
          } catch {
            // No room on disk for as many as the budget allows: from now on older ones make way for new ones.
            if (places.length === 0) return;
            limit = places.length;
            const index = places.length === 1 ? 0 : leastMissed(places);
            slots.free((places[index] as Place).slot);
            places.splice(index, 1);
          }
        }
      }),
    read: (frame) =>
      turns.run(async () => {
        const place = places.find((each) => each.frame === frame);
        if (!place) return null;
        const state = new Uint8Array(stateBytes);
        slots.read(place.slot, state);
        return state;
      }),
    destroy: () =>
      turns.run(async () => {
        places = [];
        await slots.destroy();
      }),
  };
}

/**
 * Which one to drop: the oldest without which its neighbours are no further apart than twice what an even spread would have
 * them, one that marks no scene change where there is one. The newest stays. That there always is such a one follows from
 * the gaps' sum: of B + 1 places over n frames, the gaps around all but the newest add up to less than 2n.
 */
function leastMissed(places: readonly Place[]): number {
  const last = places.length - 1;
  const span = (places[last] as Place).frame + 1;
  const furthest = (2 * span) / last;
  const gapWithout = (index: number) =>
    (places[index + 1] as Place).frame - ((places[index - 1] as Place | undefined)?.frame ?? -1);
  let scene = -1;
  for (let index = 0; index < last; index++) {
    if (gapWithout(index) > furthest) continue;
    if (!(places[index] as Place).atSceneChange) return index;
    if (scene < 0) scene = index;
  }
  return Math.max(0, scene);
}
