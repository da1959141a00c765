import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { FrameRecord } from "../../session/types.ts";
import type { View } from "./timeline-view.ts";

type ChangeCurveProps = {
  readonly frames: readonly FrameRecord[];
  readonly view: View;
  /** In pixels. */
  readonly width: number;
};

/** In pixels, as the style sheet has it. */
const height = 40;

/** How much each frame changed the state, relative to its size. */
export function ChangeCurve({ frames, view, width }: ChangeCurveProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);

  useEffect(() => {
    const target = holder.current;
    if (!target) return;
    // Asked for at each drawing, as day may have become night.
    const color = () => getComputedStyle(target).color;
    const fill = () => `color-mix(in srgb, ${color()} 20%, transparent)`;
    const options: uPlot.Options = {
      width: 1,
      height,
      padding: [2, 0, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      axes: [{ show: false }, { show: false }],
      scales: { x: { time: false }, y: { range: (_plot, _low, high) => [0, Math.max(high, 1e-6) * 1.1] } },
      series: [{}, { stroke: color, width: 1.5, fill, points: { show: false } }],
    };
    plot.current = new uPlot(options, [[], []], target);
    return () => plot.current?.destroy();
  }, []);

  useEffect(() => {
    plot.current?.setSize({ width, height });
  }, [width]);

  useEffect(() => {
    const times = frames.map(({ timestampSeconds }) => timestampSeconds);
    const changes = frames.map(({ change }) => change);
    plot.current?.setData([times, changes], false);
    plot.current?.setScale("x", { min: view.from, max: view.to });
  }, [frames, view]);

  return <div ref={holder} className="timeline-curve" />;
}
