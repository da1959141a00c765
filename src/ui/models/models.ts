import { type ErrorData, toAuroraError } from "../../errors.ts";
import type { Library, ModelChoice, Quantization, StoredModel } from "../../library/types.ts";
import { createStore, type Store } from "../parts/store.ts";
import {
  type Candidate,
  filesCandidate,
  formOf,
  hubCandidate,
  type Shelf,
  storedCopy,
  storedForm,
} from "./candidate.ts";
import { formatHubId, parseHubId } from "./hub-id.ts";
import { nano, presets, sameChoice } from "./model-catalog.ts";
import type { ModelRequest, ModelSlot } from "./model-slot.ts";
import type { PendingLoad } from "./pending-load.ts";
import type { RememberedModel } from "./remembered-model.ts";

/** `error` is why the shelf could not be read or changed. `open` tells whether the dialog shows. */
type ModelsState = {
  readonly open: boolean;
  /** The repository that the page's address names and that is not stored; null when there is none. */
  readonly proposed: string | null;
  readonly candidates: readonly Candidate[];
  readonly shelf: Shelf | null;
  readonly error: ErrorData | null;
  /** Bytes that a model may take on this machine's adapter; null before `measure`. */
  readonly capacityBytes: number | null;
};

/** The models that can be chosen, and those that the browser keeps. No call rejects: what fails shows in the snapshot. */
export type Models = Store<ModelsState> & {
  open(): void;
  close(): void;
  /** Looks at a candidate, which reads from Hugging Face where it lies there. */
  look(id: string): Promise<void>;
  /** Looks at the repository that `text` names; false when it names none. */
  lookAtHub(text: string): boolean;
  lookAtFiles(choice: Extract<ModelChoice, { kind: "files" }>): void;
  /** Finds out what this machine's adapter can hold. Asks nobody. */
  measure(): Promise<void>;
  /**
   * Looks at a candidate and loads it in the most exact form that fits; where none is likely to, or looking failed, the
   * dialog opens to tell and to choose.
   */
  lookAndLoad(id: string): Promise<void>;
  want(id: string, quantization: Quantization): void;
  /** Loads a candidate that was looked at, or opens it where it is stored in the wanted form. */
  load(id: string): Promise<void>;
  openStored(model: StoredModel): Promise<void>;
  /** Tries a switch that failed or was stopped once more. */
  resume(request: ModelRequest): Promise<void>;
  /** Goes back to the model that comes with the page, whatever became of another. */
  useNano(): Promise<void>;
  /** Deletes a stored model, or, without a key, all of them and all parts of downloads. */
  remove(key?: string): Promise<void>;
  /**
   * Opens what the page's address names (a folder's URL, or `hub:owner/name`), else what was used last if it is stored,
   * else nano. Downloads nothing but what was under way when the page was closed: a model of the hub that is not stored
   * is only proposed.
   */
  start(address: string | null): Promise<void>;
};

export type ModelsOptions = {
  readonly library: Library;
  readonly slot: ModelSlot;
  readonly remembered: RememberedModel;
  readonly pending: PendingLoad;
  /** Asks the browser to keep what the page stores. */
  persist(): Promise<unknown>;
};

/** Whether both are of one repository, whatever the revision. */
function isOf(choice: ModelChoice, named: ModelChoice | null): boolean {
  return choice.kind === "hub" && named?.kind === "hub" && choice.id === named.id && choice.hub === named.hub;
}

/** The models of a page with this library and slot. */
export function createModels({ library, slot, remembered, pending, persist }: ModelsOptions): Models {
  const store = createStore<ModelsState>({
    open: false,
    proposed: null,
    candidates: presets.flatMap(({ id, name, choice }) =>
      choice.kind === "hub" ? [{ id, name, choice, look: { status: "unseen" }, wanted: null } as Candidate] : [],
    ),
    shelf: null,
    error: null,
    capacityBytes: null,
  });
  const update = (change: Partial<ModelsState>) => store.set({ ...store.snapshot, ...change });
  const looking = new Map<string, AbortController>();

  function put(candidate: Candidate) {
    const others = store.snapshot.candidates;
    const known = others.some(({ id }) => id === candidate.id);
    update({
      candidates: known ? others.map((each) => (each.id === candidate.id ? candidate : each)) : [...others, candidate],
    });
  }

  const find = (id: string) => store.snapshot.candidates.find((each) => each.id === id);

  async function look(id: string) {
    const candidate = find(id);
    if (!candidate) return;
    looking.get(id)?.abort();
    const controller = new AbortController();
    looking.set(id, controller);
    put({ ...candidate, look: { status: "looking" } });
    try {
      const offer = await library.inspect(candidate.choice, controller.signal);
      if (!controller.signal.aborted) put({ ...candidate, look: { status: "seen", offer } });
    } catch (error) {
      if (controller.signal.aborted) return;
      const typed = toAuroraError(error, "Unexpected", "The model could not be looked at. Choose another one.");
      put({ ...candidate, look: { status: "failed", error: typed.toData() } });
    }
  }

  async function refresh() {
    try {
      const [stored, usage] = await Promise.all([library.list(), library.usage()]);
      update({ shelf: { stored, usage }, error: null });
    } catch (error) {
      const message = "What is stored in this browser could not be read. Reload the page.";
      update({ error: toAuroraError(error, "Unexpected", message).toData() });
    }
  }

  /** Looks once more at picked files, without showing so: what is stored of them changed. The hub is not asked again. */
  async function lookAgain() {
    const candidate = find(filesCandidate);
    if (candidate?.look.status !== "seen") return;
    const offer = await library.inspect(candidate.choice).catch(() => null);
    const now = find(filesCandidate);
    if (offer && now?.choice === candidate.choice) put({ ...now, look: { status: "seen", offer } });
  }

  async function switchTo(request: ModelRequest) {
    // Not waited for: some browsers ask the person, who may take their time.
    if (request.choice.kind === "hub" || request.choice.kind === "files") void persist().catch(() => undefined);
    // Closing the page ends it before the second line: the next visit goes on.
    pending.write(request.choice.kind === "hub" ? request : null);
    const used = await slot.switchTo(request);
    if (slot.snapshot.change?.status !== "loading") pending.write(null);
    await refresh();
    if (used) remember(request);
    await lookAgain();
  }

  /** From now on, the model in use is opened from the store, if it came there. */
  function remember({ choice }: ModelRequest) {
    const { model } = slot.snapshot;
    if (model.status !== "ready") return;
    if (choice.kind === "folder") return remembered.write(null);
    const key = model.assistant.model.storedKey;
    if (key === null) return;
    slot.settle({ kind: "stored", key });
    remembered.write(key);
  }

  const requestOf = ({ key, name, quantization }: StoredModel): ModelRequest => ({
    name,
    choice: { kind: "stored", key },
    quantization,
  });

  async function findAtStart(address: string | null): Promise<ModelRequest> {
    if (address !== null && !address.startsWith("hub:"))
      return { ...nano, name: address, choice: { kind: "folder", url: new URL(address, document.baseURI).href } };
    const hub = address === null ? null : parseHubId(address);
    const key = address === null ? remembered.read() : null;
    if (address !== null && !hub) {
      const message = "The address of this page names no model. Write it as ?model=hub:owner/name.";
      update({ open: true, error: { code: "ModelNotFound", message, cause: address } });
    }
    if (!hub && key === null) return nano;
    await refresh();
    const stored = store.snapshot.shelf?.stored ?? [];
    const copy = hub ? storedCopy(stored, hub) : stored.find((each) => each.key === key);
    if (copy) return requestOf(copy);
    if (hub) {
      if (!store.snapshot.candidates.some(({ choice }) => sameChoice(choice, hub)))
        put({ id: hubCandidate, name: hub.id, choice: hub, look: { status: "unseen" }, wanted: null });
      update({ open: true, proposed: formatHubId(hub) });
    }
    return nano;
  }

  async function load(id: string) {
    const candidate = find(id);
    if (candidate?.look.status !== "seen") return;
    const stored = storedForm(candidate, store.snapshot.shelf);
    if (stored) return switchTo(requestOf(stored));
    const { revision } = candidate.look.offer;
    const { name, choice } = candidate;
    const pinned = choice.kind === "hub" && revision !== null ? { ...choice, revision } : choice;
    await switchTo({ name, choice: pinned, quantization: formOf(candidate) ?? "auto" });
  }

  function open() {
    update({ open: true });
    void refresh();
  }

  return {
    get snapshot() {
      return store.snapshot;
    },
    subscribe: store.subscribe,
    open,
    async measure() {
      const capacityBytes = await library.capacity().then(
        ({ bytes }) => bytes,
        () => null,
      );
      update({ capacityBytes });
    },
    async lookAndLoad(id) {
      await look(id);
      const candidate = find(id);
      if (candidate && formOf(candidate) !== null) await load(id);
      else open();
    },
    close: () => update({ open: false, proposed: null }),
    look,
    lookAtHub(text) {
      const choice = parseHubId(text);
      if (!choice) return false;
      put({ id: hubCandidate, name: choice.id, choice, look: { status: "unseen" }, wanted: null });
      void look(hubCandidate);
      return true;
    },
    lookAtFiles(choice) {
      put({ id: filesCandidate, name: choice.name, choice, look: { status: "unseen" }, wanted: null });
      void look(filesCandidate);
    },
    want(id, quantization) {
      const candidate = find(id);
      if (candidate) put({ ...candidate, wanted: quantization });
    },
    load,
    openStored: (model) => switchTo(requestOf(model)),
    resume: switchTo,
    async useNano() {
      if (slot.snapshot.model.status === "ready") return switchTo(nano);
      remembered.write(null);
      await slot.load(nano);
    },
    async remove(key) {
      try {
        await library.remove(key);
        const last = remembered.read();
        if (key === undefined || key === last) remembered.write(null);
        await refresh();
      } catch (error) {
        const message = "It could not be deleted. Close other tabs of this page and try again.";
        update({ error: toAuroraError(error, "Unexpected", message).toData() });
      }
      await lookAgain();
    },
    async start(address) {
      const begun = pending.read();
      await slot.load(await findAtStart(address));
      if (begun && (address === null || isOf(begun.choice, parseHubId(address)))) await switchTo(begun);
    },
  };
}
