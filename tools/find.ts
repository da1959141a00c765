import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { createTextIndex } from "../src/search/text-index.ts";
import type { ModelChoice, Moment, SearchKind } from "../src/session/types.ts";
import { isUrl, knownFile, modelOption, numberOption } from "./arguments.ts";
import { type Host, openHost } from "./host.ts";
import { type Output, runTool, ToolError } from "./run-tool.ts";

const usage =
  'usage: npm run find -- <video> "words" [--in seen,said,noted] [--search-model DIR|URL|owner/name] [--model DIR|URL] [--fps N] [--most N] [--json]; what was seen is found by a SigLIP, like google/siglip-base-patch16-224';

type FindArguments = {
  readonly video: string;
  readonly query: string;
  readonly kinds: readonly SearchKind[];
  readonly model: string;
  readonly searchModel: string | null;
  readonly fps: number | null;
  readonly most: number;
  readonly json: boolean;
};

type Found = { readonly moments: readonly Omit<Moment, "thumbnail">[]; readonly hasSound: boolean };

/** `npm run find`: finds the moments of a video by what is seen, said or noted in it. */
export async function find(args: readonly string[], output: Output, open = openHost): Promise<void> {
  const given = parseFind(args);
  const host = await open();
  try {
    const { moments, hasSound } =
      given.kinds.join() === "said" ? await findSaid(host, given) : await watchAndFind(host, given);
    if (!hasSound && given.kinds.includes("said")) output.warn("This video has no sound.");
    if (given.json) output.print(JSON.stringify(moments, null, 2));
    else if (moments.length === 0) output.warn("Nothing found.");
    else
      for (const { seconds, kind, score, text } of moments)
        output.print(`${seconds.toFixed(1).padStart(8)} s  ${kind}  ${text || score.toFixed(4)}`);
  } finally {
    await host.close();
  }
}

/** Without watching: that takes no model that sees. */
async function findSaid(host: Host, { video, query }: FindArguments): Promise<Found> {
  const { lines, hasSound } = await host.run(
    "listen",
    { url: isUrl(video) ? video : null },
    isUrl(video) ? [] : [video],
  );
  const index = createTextIndex(lines.map((line) => ({ ...line, kind: "said" as const })));
  const moments = index.find(query).map(({ kind, startSeconds, endSeconds, score, text }) => ({
    kind,
    seconds: startSeconds,
    until: endSeconds,
    score,
    text,
  }));
  return { moments, hasSound };
}

function watchAndFind(host: Host, { video, model, searchModel, ...rest }: FindArguments): Promise<Found> {
  const url = isUrl(video) ? video : null;
  const command = {
    ...rest,
    url,
    encoder: "auto" as const,
    model: host.modelAddress(model),
    searchModel: searchModel === null ? null : searchChoice(host, searchModel),
  };
  return host.run("find", command, url === null ? [video] : []);
}

/** A folder or an address, or else a repository on Hugging Face. */
function searchChoice(host: Host, model: string): string | ModelChoice {
  return isUrl(model) || existsSync(model) ? host.modelAddress(model) : { kind: "hub", id: model };
}

const allKinds: readonly SearchKind[] = ["seen", "said", "noted"];

function parseFind(args: readonly string[]): FindArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      in: { type: "string" },
      "search-model": { type: "string" },
      model: { type: "string", default: "public/models/nano" },
      fps: { type: "string" },
      most: { type: "string", default: "20" },
      json: { type: "boolean", default: false },
    },
  });
  const [video, query, ...more] = positionals;
  if (!video || !query?.trim() || more.length > 0) throw new ToolError(usage);
  const searchModel = values["search-model"] ?? null;
  const named = (values.in ?? (searchModel ? "seen,said" : "said")).split(",");
  const kinds = allKinds.filter((kind) => named.includes(kind));
  if (named.some((kind) => !(allKinds as readonly string[]).includes(kind)))
    throw new ToolError(`--in ${values.in} is not a list of ${allKinds.join(", ")}. ${usage}`);
  if (kinds.includes("seen") && searchModel === null)
    throw new ToolError(`--in seen: name what finds it with --search-model. ${usage}`);
  if (searchModel && !isUrl(searchModel) && !existsSync(searchModel) && !/^[\w.-]+\/[\w.-]+$/.test(searchModel))
    throw new ToolError(`ModelNotFound: There is no model folder ${searchModel}.`);
  return {
    video: isUrl(video) ? video : knownFile(video),
    query,
    kinds,
    model: modelOption(values.model),
    searchModel: kinds.includes("seen") ? searchModel : null,
    fps: numberOption("fps", values.fps, (fps) => fps > 0, usage),
    most: numberOption("most", values.most, (most) => Number.isInteger(most) && most > 0, usage) ?? 20,
    json: values.json,
  };
}

void runTool(import.meta, find);
