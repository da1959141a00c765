import { useEffect, useRef } from "react";
import uPlot from "uplot";
import type { FrameRecord } from "../../session/types.ts";
import { thinCurve, type View } from "./timeline-view.ts";

type ChangeCurveProps = {
  readonly frames: readonly FrameRecord[];
  readonly view: View;
  /** In pixels. */
  readonly width: number;
};

/** In pixels, as the style sheet has it. */
const height = 40;

const whole: View = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** How much each frame changed the state, relative to its size. */
export function ChangeCurve({ frames, view, width }: ChangeCurveProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  /** What the curve's upper edge stands for. */
  const top = useRef(1);

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
      scales: { x: { time: false }, y: { range: () => [0, top.current] } },
      series: [{}, { stroke: color, width: 1.5, fill, points: { show: false } }],
    };
    plot.current = new uPlot(options, [[], []], target);
    return () => plot.current?.destroy();
  }, []);

  useEffect(() => {
    plot.current?.setSize({ width, height });
  }, [width]);

  useEffect(() => {
    const { times, changes } = thinCurve(frames, view, 2 * width);
    top.current = upperEdge(thinCurve(frames, whole, 1000).changes);
    plot.current?.setData([times, changes], false);
    plot.current?.setScale("x", { min: view.from, max: view.to });
  }, [frames, view, width]);

  return <div ref={holder} className="timeline-curve" />;
}

/**
 * A height that nine tenths of the changes stay well below. The first frames move an empty state by most of its size: they
 * may stick out, so that what comes later is to be seen.
 */
function upperEdge(changes: readonly number[]): number {
  const sorted = Float64Array.from(changes).sort();
  return Math.max(1.6 * (sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 0), 1e-6);
}
