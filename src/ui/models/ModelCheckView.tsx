import { reportText } from "../../session/probe/table.ts";
import type { ProbeReport } from "../../session/types.ts";
import { CopyButton } from "../parts/CopyButton.tsx";
import { ErrorNote } from "../parts/ErrorNote.tsx";
import { Icon } from "../parts/Icon.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import type { ModelCheck } from "./model-check.ts";

type ModelCheckProps = {
  readonly check: ModelCheck;
  /** Whether what is found can be kept: the model is stored. */
  readonly keeps: boolean;
};

/** The check of the model in use: the button, how far it is, and what it found. */
export function ModelCheckView({ check, keeps }: ModelCheckProps) {
  const now = useSnapshot(check, (state) => state.check);
  if (now.status === "running") {
    const { done = 0, total = 1, what = "" } = now.progress ?? {};
    const text = what === "" ? "Getting the pictures" : `Trying ${what} · ${done} of ${total}`;
    return (
      <div className="check">
        <ProgressBar label="Checking the model" done={done / total} text={text} active />
        <p className="load-text">
          {text}{" "}
          <button type="button" className="button button-small" onClick={check.cancel}>
            Cancel
          </button>
        </p>
      </div>
    );
  }
  const again = (
    <button type="button" className="button button-small" onClick={() => void check.start()}>
      <Icon name={now.status === "none" ? "check" : "again"} />{" "}
      {now.status === "none" ? "Check this model" : "Check again"}
    </button>
  );
  if (now.status === "failed") return <ErrorNote error={now.error}>{again}</ErrorNote>;
  if (now.status === "none") return <p className="check">{again}</p>;
  return (
    <section className="check" aria-label="Check of the model">
      <Found report={now.report} />
      <div className="note-actions">
        {now.report.proposal && keeps && !now.kept && (
          <button type="button" className="button button-small button-primary" onClick={() => void check.keep()}>
            Keep this setting
          </button>
        )}
        {now.kept && (
          <>
            <span role="status">Kept. It counts once the model is loaded again.</span>
            <button type="button" className="button button-small" onClick={() => void check.reload()}>
              Load again
            </button>
          </>
        )}
        {again}
      </div>
    </section>
  );
}

function Found({ report }: { readonly report: ProbeReport }) {
  const { sentence, verdict } = report;
  return (
    <>
      <p className={verdict === "reads" ? "note note-plain" : "note"} role="status">
        <Icon name={verdict === "reads" ? "check" : "warning"} /> <span>{sentence}</span>
      </p>
      <details className="check-figures">
        <summary>Figures</summary>
        <CopyButton text={reportText(report)} name="Copy the figures" />
        <Figures report={report} />
      </details>
    </>
  );
}

function Figures({ report: { pictures, settings, language } }: { readonly report: ProbeReport }) {
  return (
    <>
      <p>
        Words in order cost {language.loss.toFixed(2)} nats a token, the same in disorder{" "}
        {language.shuffledLoss.toFixed(2)}.
      </p>
      {pictures && (
        <table>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Right captions</th>
              <th scope="col">Loss of the right captions</th>
              <th scope="col">Difference</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">As loaded</th>
              <td>
                {pictures.top1} of {pictures.count}
              </td>
              <td>{plusMinus(pictures.loss, pictures.error)}</td>
              <td />
            </tr>
            {settings.map((each) => (
              <tr key={`${each.field} ${each.value}`} data-better={each.better}>
                <th scope="row">With {each.label}</th>
                <td>{each.top1 === null ? "–" : `${each.top1} of ${pictures.count}`}</td>
                <td>{each.pictures === pictures.count ? plusMinus(each.loss, each.error) : "–"}</td>
                <td>
                  {plusMinus(each.difference, each.differenceError)}
                  {each.pictures === pictures.count ? "" : ` (on the worst ${each.pictures})`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function plusMinus(value: number, error: number): string {
  return `${value.toFixed(2)} ± ${error.toFixed(2)}`;
}

/** Offers the check beside the model's state, once. */
export function ModelCheckOffer({ check, onStart }: { readonly check: ModelCheck; readonly onStart: () => void }) {
  const offered = useSnapshot(check, (state) => state.offered);
  if (!offered) return null;
  return (
    <div className="note note-plain check-offer">
      <Icon name="info" />
      <p>New here: a check tells in about a minute whether this model is read as it was trained.</p>
      <div className="note-actions">
        <button type="button" className="button button-small" onClick={onStart}>
          Check this model
        </button>
        <button type="button" className="button button-small button-ghost" onClick={check.dismiss}>
          Not now
        </button>
      </div>
    </div>
  );
}
