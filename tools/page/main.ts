import { toAuroraError } from "../../src/errors.ts";
import { ask } from "./ask.ts";
import { bench } from "./bench/bench.ts";
import { pace } from "./bench/page-pace.ts";
import { askQuestion, watchForQuestions } from "./benchmark.ts";
import { dump } from "./dump.ts";
import { evaluate } from "./eval.ts";
import { find } from "./find.ts";
import { listen } from "./listen.ts";
import { opening } from "./opening.ts";
import { probe } from "./probe.ts";
import { tryFile } from "./try-file.ts";

/** What the command-line tools call; each takes one plain object and answers with one. */
const commands = {
  ask,
  "ask-question": askQuestion,
  bench,
  dump,
  eval: evaluate,
  find,
  listen,
  opening,
  pace,
  probe,
  "try-file": tryFile,
  "watch-for-questions": watchForQuestions,
};
export type Commands = typeof commands;
export type Command = keyof Commands;

type Result =
  | { readonly value: unknown }
  | { readonly error: { readonly code: string; readonly message: string; readonly cause: string | null } };

/** Runs a command; errors come back as data. */
async function run(name: Command, options: never): Promise<Result> {
  try {
    const files = [...(document.querySelector<HTMLInputElement>("#files")?.files ?? [])];
    return { value: await commands[name](options, files) };
  } catch (error) {
    return {
      error: toAuroraError(
        error,
        "Unexpected",
        `This failed: ${error instanceof Error ? error.message : String(error)}`,
      ).toData(),
    };
  }
}

Object.assign(window, { runCommand: run });
