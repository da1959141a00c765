/** Ways in which a server fails one request. Positions are in bytes. */
export type Fault =
  /** Answers as it should. */
  | { readonly kind: "none" }
  | { readonly kind: "status"; readonly code: number; readonly headers?: Readonly<Record<string, string>> }
  /** A web page in place of the file, as networks do that ask to sign in. */
  | { readonly kind: "page" }
  /** Breaks the connection after so much of the body. */
  | { readonly kind: "cut"; readonly after: number }
  /** Ends the body there as if it were whole. */
  | { readonly kind: "end-early"; readonly after: number }
  /** Says nothing more after so much of the body. */
  | { readonly kind: "stall"; readonly after: number }
  | { readonly kind: "ignore-range" }
  /** Says that the part begins so much later, or earlier, than it does. */
  | { readonly kind: "wrong-range"; readonly shift: number }
  | { readonly kind: "wrong-total"; readonly by: number }
  /** States a length that is so much off. */
  | { readonly kind: "wrong-length"; readonly by: number }
  | { readonly kind: "hide-length" }
  /** Sends so much more than the file has. */
  | { readonly kind: "too-long"; readonly by: number }
  /** Sends a wrong byte at this position of the file. */
  | { readonly kind: "corrupt"; readonly at: number };
