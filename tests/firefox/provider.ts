import { defineBrowserProvider } from "@vitest/browser";
import { type Firefox, startFirefox } from "../../tools/firefox.ts";

/** Vitest's browser mode in a stock Firefox: no driver between them, only an address to open. */
export function firefox(path: string) {
  return defineBrowserProvider({
    name: "firefox",
    options: {},
    providerFactory: () => {
      const running: Firefox[] = [];
      return {
        name: "firefox",
        supportsParallelism: false,
        getCommandsContext: () => ({}),
        async openPage(_session: string, url: string) {
          running.push(startFirefox(path, [url]));
        },
        async close() {
          await Promise.all(running.splice(0).map((each) => each.close()));
        },
      };
    },
  });
}
