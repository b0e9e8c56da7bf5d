// What the program sends and gets as JSON, and the elements of the pages. Only the type checker reads this file.

export type Texts = Record<string, string>;
export type Values = Record<string, string | number>;

// --- cards and decisions (scanform/workflow/review/cards.py, review_ui/http/web.py) ---

export interface Choice {
  code: string;
  text: string;
  tag: string;
  exclusive: boolean;
  said_by: string[];
}

export interface Statement {
  said_by: string;
  text: string;
  value: string;
  typed: string; // the value as the reader types it
  kind: string;
}

export interface Card {
  id: string;
  version: number;
  basis: string;
  questionnaire: string;
  column: string;
  page: number | null;
  heading: string;
  wording: string;
  hint: string;
  text: boolean;
  multiple: boolean;
  keyboard: string;
  handwriting: boolean;
  lines: number;
  choices: Choice[];
  suggestions: string[];
  value: string;
  typed: string; // the value as the reader types it
  value_text: string;
  proposal: "value" | "blank" | "none";
  draft?: string | null;
  objection: string;
  reason_text: string;
  postponed: number;
  alt: string;
  context_alt: string;
  context_focus: number;
  form: string;
  statements: Statement[];
  printed: string;
  filled: string;
  list_id: string;
  crop_px_per_mm: number;
  context_px_per_mm: number;
  crop_url: string | null;
  tile_url: string | null;
  context_url: string | null;
  notice?: string; // said with the field when it is shown again; set on this page only
}

export interface TileCard extends Card {
  order: number;
}

export interface Decision {
  uuid: string;
  item: string;
  version: number;
  basis: string;
  kind: string;
  from: string;
  to: string;
  undoes?: string | null;
  screen?: string;
  ms?: number;
}

export interface Counts {
  settled: number;
  total: number;
  postponed: number;
  elsewhere?: number;
  contact?: number;
}

export interface Outcome {
  uuid: string;
  result: string;
  message: string;
  card: Card | null;
}

export interface Acknowledged {
  outcomes: Outcome[];
  counts: Counts;
}

export interface Claimed {
  cards: Card[];
  counts: Counts;
  pages: number;
}

export interface Range {
  shown: string[];
  limit: number;
}

export interface Group {
  key: string;
  heading: string;
  wording: string;
  said: string;
  count: number;
}

export interface Checked {
  ok: boolean;
  message: string;
}

export interface Refusal {
  message: string;
  remedy?: string;
}

// --- preferences (scanform/model/preferences.py) ---

export type Keys = Record<string, string>;

export interface Facts {
  keys: Record<string, Keys>;
  letters: boolean;
  look: string;
  zoom: number | null;
  tiles: number;
}

// --- layouts (docs/schemas/layout.schema.json) ---

export type Point = [number, number];
export type Rect = [number, number, number, number]; // x, y, width, height

export interface Zone {
  id: string;
  question: string;
  kind: string;
  rect_mm: Rect;
  option?: string;
  group?: string;
  multiple?: boolean;
  alphabet?: string;
  lines?: number;
  cells_mm?: Rect[];
}

export interface LayoutPage {
  number: number;
  size_mm: Point;
  zones: Zone[];
}

export interface Layout {
  questionnaire: string;
  version: string;
  filled: string;
  pages: LayoutPage[];
}

export interface Remark {
  zone: string;
  grave: boolean;
  message: string;
  remedy: string;
}

export interface EditorState {
  layout: Layout;
  basis: string;
  remarks: Remark[];
}

export interface Saved {
  result: string;
  basis: string;
  digest: string;
  remarks: Remark[];
}

// --- pages that could not be placed (scanform/workflow/pages/sort_pages.py) ---

export interface PageCard {
  id: number;
  name: string;
  where: string;
  page: string;
  pages: number;
  why: string[];
  remedies: string[];
  left_by: string;
}

export interface FormChoice {
  form: string;
  title: string;
  pages: number;
}

export interface Corners {
  width: number;
  height: number;
  corners_px: Point[];
  turn: number;
  found: string;
}

export interface PageView {
  card: PageCard;
  view: Corners;
  form: string;
  number: number;
  pages: number;
  digest: string;
  known: boolean;
  choices: FormChoice[];
}

export interface Placed {
  result: string;
  message: string;
  remedies: string[];
}

// --- pictures loaded ahead ---

export interface Picture {
  image: HTMLImageElement;
  ready: boolean;
  failed: boolean;
  failedAt: number;
}

// --- elements that are more than an HTMLElement, by id ---

type Named<Ids extends string, Element> = Record<Ids, Element>;

export type Elements = Named<
  | "as-written" | "back" | "confirm" | "context" | "delete" | "duplicate" | "keys-reset" | "new" | "no-answer"
  | "objection" | "read" | "redo" | "save" | "send" | "undo",
  HTMLButtonElement
> &
  Named<
    | "cells" | "files" | "form-id" | "keys-on" | "lines" | "multiple" | "option" | "overlay" | "photos" | "place-h"
    | "place-w" | "place-x" | "place-y" | "question" | "questionnaire" | "text" | "version",
    HTMLInputElement
  > &
  Named<"alphabet" | "filled" | "form-pick" | "kind" | "number" | "sheet" | "size", HTMLSelectElement> &
  Named<"other-language" | "to-history" | "to-page", HTMLAnchorElement> &
  Named<"blank" | "picture", HTMLImageElement> &
  Named<"help", HTMLDialogElement> &
  Named<"magnifier", HTMLCanvasElement> &
  Named<"progress", HTMLProgressElement>;
