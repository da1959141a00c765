import { afterAll } from "vitest";
import { throwFailure } from "../gpu.ts";

// The file after whose tests the device has failed fails at its end.
afterAll(throwFailure);
