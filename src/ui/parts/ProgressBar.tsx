type ProgressBarProps = {
  readonly label: string;
  /** 0 to 1; null while unknown. */
  readonly done: number | null;
  /** The progress in words, for screen readers. */
  readonly text: string;
  /** Whether it moves on; a still bar does not shimmer. */
  readonly active: boolean;
};

/** A labelled bar of progress. */
export function ProgressBar({ label, done, text, active }: ProgressBarProps) {
  const percent = done === null ? null : Math.min(100, Math.floor(done * 100));
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? 0}
      aria-valuetext={text}
      data-unknown={percent === null || undefined}
      data-active={active || undefined}
    >
      <span
        className="progress-fill"
        style={percent === null ? { inlineSize: "30%" } : { transform: `scaleX(${done ?? 0})` }}
      />
    </div>
  );
}
