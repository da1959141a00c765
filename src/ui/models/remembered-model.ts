/** Where a choice outlives the page. */
export type RememberedModel = {
  /** Key of the stored model that was used last; null for none. */
  read(): string | null;
  write(key: string | null): void;
};

/** The choice in the browser's local storage, under a name of the page's; without a say where that is refused. */
function createRemembered(name: string): RememberedModel {
  return {
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
        // Refused, as some private windows do: the next visit then begins anew.
      }
    },
  };
}

/** The model that watches and answers; null for nano. */
export const rememberedModel = createRemembered("aurora.model");

/** What writes down what is said; null for the one that comes with the app. */
export const rememberedRecogniser = createRemembered("aurora.recogniser");

/** The model that finds what was seen; null for none. */
export const rememberedSearchModel = createRemembered("aurora.search-model");
