import { expect, test } from "vitest";
import { media, watch } from "./media.ts";

const count = (n: number) => Array.from({ length: n }, (_, i) => i);

test.each(["h264-fields.mpegts", "h264-fields.mp4"])(
  "of %s, two packets a frame, every frame is shown once",
  async (name) => {
    const { video, numbers, losses } = await watch(await media(name), { fps: 10 });
    expect(video.info).toMatchObject({ width: 32, height: 32 });
    expect({ pictures: video.pictures, numbers, losses }).toEqual({
      pictures: 20,
      numbers: count(20),
      losses: [],
    });
    expect((await watch(await media(name), { fps: 2 })).numbers).toEqual([0, 5, 10, 15]);
  },
);
