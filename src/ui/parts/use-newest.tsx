import { useState } from "react";
import { formatCount } from "./format.ts";

/** The last `most` of a list that grows, until all are asked for. `earlier` is the button that does, as an item of the list. */
export function useNewest<T>(list: readonly T[], most: number) {
  const [all, setAll] = useState(false);
  const shown = all ? list : list.slice(-most);
  const left = list.length - shown.length;
  const earlier = left > 0 && (
    <li>
      <button
        type="button"
        className="link"
        onClick={(event) => {
          event.currentTarget.closest("li")?.nextElementSibling?.querySelector("button")?.focus();
          setAll(true);
        }}
      >
        {formatCount(left)} earlier
      </button>
    </li>
  );
  return { shown, earlier };
}
