import { expect, it } from "vitest";
import { openVideo } from "../../../src/video/open-video.ts";
import alphaUrl from "../../fixtures/media/alpha.png?url";

/** The picture's pixel (x, y) is [40 x, 60 y, 200] with the opacity 50 x + 10 y, so some are all but transparent. */
it("gives a transparent picture's colours as they are stored", async () => {
  const video = await openVideo(await (await fetch(alphaUrl)).blob());
  for await (const { frame } of video.frames({ frames: 1 }, {})) {
    const bytes = new Uint8Array(frame.allocationSize());
    await frame.copyTo(bytes);
    const blueFirst = frame.format?.startsWith("BGR");
    frame.close();
    for (let i = 0; i < 24; i++) {
      const [first, green, third] = bytes.subarray(i * 4, i * 4 + 3);
      const rgb = blueFirst ? [third, green, first] : [first, green, third];
      expect(rgb).toEqual([(i % 6) * 40, Math.floor(i / 6) * 60, 200]);
    }
  }
});
