const paths = {
  play: "M8 5.5v13l11-6.5z",
  pause: "M8 5.5v13M16 5.5v13",
  end: "M6.5 6.5h11v11h-11z",
  again: "M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 3.5v4h-4",
  send: "M12 19.5v-15M5.5 11 12 4.5l6.5 6.5",
  copy: "M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  plus: "M12 5v14M5 12h14",
  info: "M12 11v6M12 7.2v.1M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z",
  warning: "M12 4 2.8 19.5h18.4zM12 10v4.5M12 17v.1",
  close: "M6 6l12 12M18 6 6 18",
  latest: "M5 12h13M12.5 6.5 18 12l-5.5 5.5",
  grid: "M4.5 4.5h15v15h-15zM4.5 12h15M12 4.5V12",
  models: "M12 3.8 20.5 8 12 12.2 3.5 8zM3.8 12.2 12 16.2l8.2-4M3.8 16.2 12 20.2l8.2-4",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7",
  folder: "M3.5 6h6l2 2.5h9v10h-17z",
  file: "M6.5 3.5h7l4 4v13h-11zM13.5 3.5v4h4",
  download: "M12 4v11M7 10.5l5 5 5-5M5 19.5h14",
  edit: "M4.5 19.5h4L19 9l-4-4L4.5 15.5zM12.5 7.5l4 4",
  film: "M4.5 5.5h15v13h-15zM8.5 5.5v13M15.5 5.5v13M4.5 12h15",
} as const;

/** A line drawing of 24 × 24 units that takes the text's colour and size; the words beside it, or the button's name, tell its meaning. */
export function Icon({ name }: { readonly name: keyof typeof paths }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
