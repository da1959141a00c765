import { execFile } from "node:child_process";
import { bareKernelFlags } from "../../tools/chromium.ts";
import { type Host, openHost } from "../../tools/host.ts";
import { exitCodeOf, type Output } from "../../tools/run-tool.ts";

/** What a tool said and how it ended. */
export type Run = { readonly code: number; readonly out: string; readonly err: string };

/** Runs `npm run TOOL -- …` as a person does, in a process and a browser of its own. */
export function runAlone(tool: string, ...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile("npm", ["run", "--silent", tool, "--", ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? 1 : 0, out, err });
    });
  });
}

type Tool = (args: readonly string[], output: Output, open: typeof openHost) => Promise<void>;

/** Runs a tool's main function in this process, and all that a process of its own would show of it. */
export async function runHere(tool: Tool, open: typeof openHost, ...args: string[]): Promise<Run> {
  const [out, err]: [string[], string[]] = [[], []];
  const output = {
    print: (text: string) => void out.push(`${text}\n`),
    warn: (text: string) => void err.push(`${text}\n`),
  };
  const code = await exitCodeOf((given, lines) => tool(given, lines, open), args, output);
  return { code, out: out.join(""), err: err.join("") };
}

let shared: Promise<Host> | undefined;

/** The browser of all test files of this process, with which it goes. */
export async function openTestHost(): Promise<Host> {
  shared ??= openHost(bareKernelFlags);
  return { ...(await shared), close: async () => undefined };
}

/** Gives tools a browser that stays open after them. */
export function lend(host: Host): typeof openHost {
  return async () => ({ ...host, close: async () => undefined });
}

/** For runs that must fail before they need a browser, which takes seconds to start. */
export const noBrowser: typeof openHost = () => Promise.reject(new Error("A browser was started."));

/** Lines on standard error, without npm's own remarks. */
export function said({ err }: Run): string[] {
  return err.split("\n").filter((line) => line !== "" && !line.startsWith("npm "));
}
