/**
 * Abbreviations whose full stop is theirs. Behind those that may end a sentence another full stop is told before a word with a
 * large letter; such a token is taken out below, like all marks.
 */
const titles =
  "Mr|Mrs|Ms|Miss|Drs?|Profs?|Sens?|Reps?|Hons?|Attys?|Lt|Col|Gen|Messrs|Govs?|Adm|Rev|Maj|Sgt|Cpl|Pvt|Capt|Ste?|Ave|Pres|Lieut|Hon|Brig|Co?mdr|Pfc|Spc|Supts?|Det|Mt|Ft|Rd|Blvd|Jr|Sr|Bros|Esq|Ltd|Inc|Co|Corp|Assn|Bldg|Dept|Univ";
const months = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec";
const units = "[Ff]t|[Ss]q";
const days = "Mon|Tues?|Wed|Thurs?|Fri";
const others =
  "[Ee]tc|[Vv]s?|al|ca|cf|[Ff]igs?|pp?|Nos?|[Nn]os?(?=\\. ?\\d)|Vols?|Ph|Calif|Fla|Mass|Pa|Va|Wash|Ariz|Conn|Colo|Tex|Tenn|Okla";

const letter = "[\\p{L}\\p{M}]";
const word = "[\\p{L}\\p{M}\\p{N}_]";
const apostrophe = "['’]";

/**
 * What is one token, the first that fits: an approximation of the grammar of Stanford's PTBTokenizer 3.4.1 for English captions, by
 * watching what it does with texts. No token has a space.
 */
const tokens = new RegExp(
  [
    "<\\/?[A-Za-z][^<> ]*>",
    '(?:https?:\\/\\/|www\\.)[^\\s"<>|(){}]*[^\\s"<>|.!?(){},-]',
    "[A-Za-z0-9][\\w.+-]*@[\\w-]+(?:\\.[\\w-]+)+",
    "[:;]-?[()DPp](?![\\p{L}\\p{N}])",
    `${apostrophe}[tT](?=(?:is|was)(?!\\p{L}))`,
    `${apostrophe}[nN]${apostrophe}`,
    `${apostrophe}(?:[eE]m|[cC]ause|[tT]il)(?!\\p{L})`,
    `(?<!\\d)${apostrophe}\\d\\ds?(?![\\p{L}\\p{N}])`,
    `(?:[oO]${apostrophe}clock|[dD]${apostrophe}ye|[mM]a${apostrophe}am)(?!\\p{L})`,
    `[yY]${apostrophe}(?=all)`,
    // What hangs on a word.
    `[nN]${apostrophe}[tT](?!\\p{L})`,
    `${apostrophe}(?:[sSmMdD]|re|RE|ve|VE|ll|LL)(?!\\p{L})`,
    // Abbreviations, and letters with full stops.
    `(?:${titles}|${units}|${months}|${days}|${others})\\.(?!\\p{L})`,
    "\\p{L}(?:\\.\\p{L})+\\.?(?![\\p{L}\\p{N}])",
    "(?<![\\p{L}\\p{N}'’.])\\p{L}\\.(?![\\p{L}\\p{N}])",
    "\\p{Lu}+(?:&\\p{Lu}+)+",
    // Numbers.
    "\\(\\d{3}\\) ?(?=\\d{3}-?\\d{4})",
    "\\d+\\.\\d+(?:[eE][-+]?\\d+)?(?!\\.?\\d)",
    "[-+]?(?:\\d+(?:[.,:/]\\d+)*|\\.\\d+)(?![\\p{L}\\p{N}]|[-/_][\\p{L}\\p{N}])",
    // Words, with what joins them; a word ends before "n't".
    `${letter}+?(?=[nN]${apostrophe}[tT](?!\\p{L}))`,
    `${word}+(?:(?:[-/]|\\.(?=\\p{L}{2}))${word}+|${apostrophe}${letter}{1,2}(?=-)|(?<=[OD])${apostrophe}(?=\\p{Lu})${word}+)*`,
    "\\.{2,}|…",
    "[?!]+",
    "#+",
    "[-–—]{1,}",
    "``|''|\\S",
  ].join("|"),
  "gu",
);

/** Words that are two. */
const joined = [/\b(can)(not)\b/gi, /\b(gon|wan)(na)\b/gi, /\b(got)(ta)\b/gi, /\b(lem|gim)(me)\b/gi];

/** Tokens that are marks, which are not counted. Brackets are: pycocoevalcap lists them in large letters, and gets them in small ones. */
const marks = new Set(["''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"]);
/** How marks are written. What is not here stays. */
const written: { readonly [mark: string]: string } = {
  "(": "-lrb-",
  ")": "-rrb-",
  "[": "-lsb-",
  "]": "-rsb-",
  "{": "-lcb-",
  "}": "-rcb-",
  "£": "#",
  "€": "$",
};

/**
 * A caption's tokens with single spaces between them, in small letters and without marks, as pycocoevalcap's PTBTokenizer gives
 * them.
 */
export function tokenize(caption: string): string {
  const text = joined.reduce((part, pair) => part.replace(pair, "$1 $2"), caption.replaceAll("\n", " "));
  const found = text.match(tokens) ?? [];
  return found
    .map(writeToken)
    .filter((token) => !isMark(token))
    .join(" ");
}

function writeToken(token: string): string {
  const plain = token.replaceAll("’", "'").toLowerCase();
  if (plain.length > 1) return plain.replaceAll("(", "-lrb-").replaceAll(")", "-rrb-").replaceAll(" ", "\u00a0");
  return written[plain] ?? plain;
}

/** Runs such as `!!!` and `?!` are no marks there, and stay. */
function isMark(token: string): boolean {
  return marks.has(token) || /^(?:[“”"‘’]|\.{2,}|…|[-–—]+)$/u.test(token);
}
