import { existsSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type Firefox, startFirefox } from "../../tools/firefox.ts";

/** Key of an element's id in answers (WebDriver, 12.2). */
const elementKey = "element-6066-11e4-a52e-4f735466cecf";

/** A page of a stock Firefox, driven over Marionette, the protocol that every Firefox speaks. */
export type FirefoxPage = {
  goto(url: string): Promise<void>;
  /** Waits until a function body that runs in the page, with `args` as its arguments, returns something other than null or false. */
  until<T>(script: string, args?: readonly unknown[]): Promise<T>;
  /** Clicks the first element of an XPath, as a person does. */
  click(xpath: string): Promise<void>;
  /** Types into an element; into a file input: paths, one a line. */
  type(xpath: string, text: string): Promise<void>;
  screenshot(): Promise<Uint8Array>;
  close(): Promise<void>;
};

/** How long a page may take to come to what is waited for. */
const patienceMs = 60_000;

/** Starts Firefox and opens a session. */
export async function openFirefox(path: string): Promise<FirefoxPage> {
  const firefox = startFirefox(path, ["--marionette"], { "marionette.port": 0 });
  try {
    return await drive(firefox);
  } catch (error) {
    await firefox.close();
    throw error;
  }
}

async function drive(firefox: Firefox): Promise<FirefoxPage> {
  const send = await connectTo(await portOf(firefox));
  await send("WebDriver:NewSession", {});
  await send("WebDriver:SetWindowRect", { width: 1280, height: 900 });
  const find = async (xpath: string): Promise<string> => {
    const { value } = (await send("WebDriver:FindElement", { using: "xpath", value: xpath })) as {
      value: Record<string, string>;
    };
    return value[elementKey] ?? "";
  };
  const until = async <T>(script: string, args: readonly unknown[] = []): Promise<T> => {
    const end = Date.now() + patienceMs;
    for (;;) {
      const { value } = (await send("WebDriver:ExecuteScript", { script, args })) as { value: T };
      if (value !== null && value !== false) return value;
      if (Date.now() > end) throw new Error(`not within ${patienceMs} ms: ${script} ${JSON.stringify(args)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const isThere = "return document.evaluate(arguments[0], document, null, 9, null).singleNodeValue !== null";
  return {
    async goto(url) {
      await send("WebDriver:Navigate", { url });
    },
    until,
    async click(xpath) {
      await until(isThere, [xpath]);
      await send("WebDriver:ElementClick", { id: await find(xpath) });
    },
    async type(xpath, text) {
      await until(isThere, [xpath]);
      await send("WebDriver:ElementSendKeys", { id: await find(xpath), text });
    },
    async screenshot() {
      const { value } = (await send("WebDriver:TakeScreenshot", { full: false })) as { value: string };
      return Buffer.from(value, "base64");
    },
    close: () => firefox.close(),
  };
}

/** The port that a Firefox which chose one itself wrote into its profile. */
async function portOf({ profile }: Firefox): Promise<number> {
  const file = join(profile, "MarionetteActivePort");
  for (let tries = 0; tries < 600; tries++) {
    const port = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
    if (port > 0) return port;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Firefox did not start.");
}

type Send = (command: string, parameters: object) => Promise<unknown>;

/** Commands one at a time: `length:[0, id, name, parameters]` out, `length:[1, id, error, result]` back. */
async function connectTo(port: number): Promise<Send> {
  const socket = connect(port, "127.0.0.1");
  const messages = readMessages(socket);
  await messages.next(); // what it says of itself
  let id = 0;
  return async (command, parameters) => {
    const text = JSON.stringify([0, ++id, command, parameters]);
    socket.write(`${Buffer.byteLength(text)}:${text}`);
    const { value } = await messages.next();
    if (!value) throw new Error(`Firefox ended during ${command}`);
    const [, , error, result] = JSON.parse(value) as [
      number,
      number,
      { error: string; message: string } | null,
      unknown,
    ];
    if (error) throw new Error(`${command}: ${error.error}: ${error.message}`);
    return result;
  };
}

async function* readMessages(socket: Socket): AsyncGenerator<string, undefined, void> {
  let held = Buffer.alloc(0);
  for await (const data of socket) {
    held = Buffer.concat([held, data as Buffer]);
    for (;;) {
      const colon = held.indexOf(":");
      const end = colon + 1 + Number(held.subarray(0, Math.max(0, colon)).toString());
      if (colon < 0 || held.length < end) break;
      yield held.subarray(colon + 1, end).toString();
      held = held.subarray(end);
    }
  }
  return undefined;
}
