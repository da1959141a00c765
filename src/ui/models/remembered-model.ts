/** Where a choice outlives the page. */
export type RememberedModel = {
  /** Key of the stored model that was used last; null when it was nano. */
  read(): string | null;
  write(key: string | null): void;
};

const name = "aurora.model";

/** The choice in the browser's local storage; without a say where that is refused. */
export const rememberedModel: RememberedModel = {
  read() {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  },
  write(key) {
    try {
      if (key === null) localStorage.removeItem(name);
      else localStorage.setItem(name, key);
    } catch {
      // Refused, as some private windows do: the next visit then begins with nano.
    }
  },
};
