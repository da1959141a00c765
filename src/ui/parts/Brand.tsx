/** Mark and name. */
export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <defs>
          <linearGradient id="aurora" x1="0" y1="1" x2="1" y2="0">
            <stop offset="0" className="aurora-from" />
            <stop offset="0.5" className="aurora-via" />
            <stop offset="1" className="aurora-to" />
          </linearGradient>
        </defs>
        <path d="M3 25c5 0 6-15 11-15s4 9 8 9 4-12 7-12" stroke="url(#aurora)" />
      </svg>
      <span className="brand-words">AuroraLong</span>
    </span>
  );
}
