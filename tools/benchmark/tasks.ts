import type { Task } from "./task.ts";
import { activityNetQa } from "./tasks/activitynet-qa.ts";
import { egoSchema } from "./tasks/egoschema.ts";
import { longVideoBench } from "./tasks/longvideobench.ts";
import { mlvu } from "./tasks/mlvu.ts";
import { movieChat } from "./tasks/moviechat.ts";
import { mvBench } from "./tasks/mvbench.ts";
import { vatex } from "./tasks/vatex.ts";
import { vdc } from "./tasks/vdc.ts";
import { videoMme } from "./tasks/videomme.ts";

/** All benchmarks, in the order of the paper's tables; those it does not have come last. */
export const tasks: readonly Task[] = [
  activityNetQa,
  vatex,
  vdc,
  movieChat,
  mlvu,
  mvBench,
  videoMme,
  longVideoBench,
  egoSchema,
];
