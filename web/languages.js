// @ts-check
/** How languages write comments, strings and numbers, and which words they keep for themselves: by families, for colour only. */

/** @typedef {{pattern: RegExp, words: ReadonlySet<string>, ignoresCase?: boolean}} Language `pattern`: with groups named by what they are */

const words = (/** @type {string} */ text) => new Set(text.split(" "));
// No repetition of a repetition where something has to follow: what is no match would be tried in every way there is.
const ENDS = "(?![^])"; // what nothing closes runs to the end

const SLASHES = String.raw`(?<comment>\/\/.*|\/\*[^]*?(?:\*\/|${ENDS}))`;
const HASH = String.raw`(?<comment>(?<![^\s;(){}])#.*)`;
const DOUBLE = String.raw`"(?:[^"\\\n]+|\\[^])*"?`;
const SINGLE = String.raw`'(?:[^'\\\n]+|\\[^])*'?`;
const TEMPLATE = "`(?:[^`\\\\]+|\\\\[^])*`?";
const LETTER = String.raw`'(?:\\[^\n]{1,10}?|[^'\\\n])'`; // a lifetime has one quote only
const TRIPLE = String.raw`"""[^]*?(?:"""|${ENDS})|'''[^]*?(?:'''|${ENDS})`;
const NUMBER = String.raw`(?<number>\d[\w.]*)`;
const WORD = String.raw`(?<word>[A-Za-z_$@][\w$]*)`;

const of = (/** @type {string[]} */ ...parts) => new RegExp(parts.join("|"), "gm");
const strings = (/** @type {string[]} */ ...parts) => `(?<string>${parts.join("|")})`;

const C_WORDS =
  "auto bool boolean break byte case catch char class const constexpr continue default delete do double else enum explicit export extends extern false final finally float for friend goto if implements import inline instanceof int interface long namespace new null nullptr operator override package private protected public record register return short signed sizeof static struct super switch template this throw throws true try typedef typename union unsigned using var virtual void volatile while";

/** @type {Record<string, Language>} */
const FAMILIES = {
  js: {
    pattern: of(SLASHES, strings(DOUBLE, SINGLE, TEMPLATE), NUMBER, WORD),
    words: words(
      "abstract as async await break case catch class const continue declare default delete do else enum export extends false finally for from function get if implements import in instanceof interface keyof let new null of private protected public readonly return satisfies set static super switch this throw true try type typeof undefined var void while yield",
    ),
  },
  python: {
    pattern: of(String.raw`(?<comment>#.*)`, strings(TRIPLE, DOUBLE, SINGLE), NUMBER, WORD),
    words: words(
      "and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield",
    ),
  },
  rust: {
    pattern: of(SLASHES, strings(DOUBLE, LETTER), NUMBER, WORD),
    words: words(
      "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return Self self static struct super trait true type union unsafe use where while",
    ),
  },
  go: {
    pattern: of(SLASHES, strings(DOUBLE, LETTER, TEMPLATE), NUMBER, WORD),
    words: words(
      "any bool break byte case chan const continue default defer else error fallthrough false for func go goto if import int interface iota map nil package range return rune select string struct switch true type var",
    ),
  },
  c: { pattern: of(SLASHES, strings(DOUBLE, LETTER), String.raw`(?<keyword>^[ \t]*#\w+)`, NUMBER, WORD), words: words(C_WORDS) },
  sh: {
    pattern: of(HASH, strings(DOUBLE, "'[^']*'?"), String.raw`(?<name>\$\w+|\$\{\w*)`, String.raw`(?<word>[A-Za-z_][\w-]*)`),
    words: words("case cd do done echo elif else esac eval exec exit export fi for function if in local read return set shift sudo then trap unset until while"),
  },
  json: {
    pattern: of(SLASHES, String.raw`(?<name>"(?:[^"\\\n]|\\.)*"(?=\s*:))`, strings(DOUBLE), String.raw`(?<number>-?\d[\w.+-]*)`, WORD),
    words: words("true false null"),
  },
  yaml: {
    pattern: of(HASH, String.raw`(?<name>^[ \t-]*(?=\w)[\w.\/-]+(?=:))`, strings(DOUBLE, SINGLE), NUMBER, WORD),
    words: words("true false null yes no on off True False"),
  },
  toml: {
    pattern: of(HASH, String.raw`(?<name>^[ \t]*[\w."-]+(?=[ \t]*=)|^\[.*\])`, strings(TRIPLE, DOUBLE, SINGLE), NUMBER, WORD),
    words: words("true false"),
  },
  sql: {
    pattern: of(String.raw`(?<comment>--.*|\/\*[^]*?(?:\*\/|${ENDS}))`, strings(SINGLE, DOUBLE), NUMBER, WORD),
    words: words(
      "add all alter and as asc begin between by case check column commit constraint create cross default delete desc distinct drop else end exists foreign from full group having if in index inner insert int integer into is join key left like limit not null offset on or order outer primary references returning right rollback select set table text then transaction union unique update using values varchar view when where with",
    ),
    ignoresCase: true,
  },
  html: {
    pattern: of(String.raw`(?<comment><!--[^]*?(?:-->|${ENDS}))`, String.raw`(?<keyword><[\/!?]?[A-Za-z][\w:-]*|\/?>)`, strings(`(?<==)"[^"]*"?`, `(?<==)'[^']*'?`)),
    words: words(""),
  },
  css: {
    pattern: of(
      String.raw`(?<comment>\/\*[^]*?(?:\*\/|${ENDS}))`,
      strings(DOUBLE, SINGLE),
      String.raw`(?<keyword>@[\w-]+|![a-z]+)`,
      String.raw`(?<name>(?<![\w-])[\w-]+(?=:[ \t]))`,
      String.raw`(?<number>#[\da-fA-F]{3,8}(?!\w)|(?<![\w-])\d[\w.%]*)`,
    ),
    words: words(""),
  },
  diff: {
    pattern: of(String.raw`(?<comment>^(?:diff|index|---|\+\+\+) .*)`, String.raw`(?<name>^@@.*)`, String.raw`(?<added>^\+.*)`, String.raw`(?<removed>^-.*)`),
    words: words(""),
  },
};

const ALIASES = new Map(
  Object.entries({
    js: "javascript jsx mjs cjs ts tsx typescript",
    python: "py python3 pyi",
    rust: "rs",
    go: "golang",
    c: "h cpp c++ cc hpp cxx java cs csharp kotlin kt swift",
    sh: "bash shell zsh console shellsession dockerfile",
    json: "jsonl json5 jsonc",
    yaml: "yml",
    toml: "ini",
    sql: "sqlite postgresql postgres mysql",
    html: "xml svg xhtml vue",
    css: "scss less",
    diff: "patch",
  }).flatMap(([family, others]) => [family, ...others.split(" ")].map((name) => [name, FAMILIES[family]])),
);

/**
 * @param {string} name as a fence says it, in lower case
 * @returns {Language | undefined}
 */
export const language = (name) => ALIASES.get(name);
