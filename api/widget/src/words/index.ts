import { ar } from "./ar";
import { de } from "./de";
import { en, type Words } from "./en";
import { es } from "./es";
import { fr } from "./fr";

const LANGUAGES = new Map(Object.entries({ ar, de, en, es, fr }));

/** The words of one language, with the figures and dates written as that language writes them. */
export interface Language {
  tag: string;
  words: Words;
  percent(share: number): string;
  seconds(count: number): string;
  day(iso: string): string;
}

/** The language of a BCP 47 tag; English where there are no words in it. */
export function language(tag: string): Language {
  const first = tag.toLowerCase().split("-")[0] ?? "";
  const known = LANGUAGES.get(first);
  const locale = !known ? "en" : isLocale(tag) ? tag : first;
  const units = (count: number, unit: string) =>
    count.toLocaleString(locale, { style: "unit", unit, unitDisplay: "long" });
  return {
    tag: locale,
    words: known ?? en,
    percent: (share) => share.toLocaleString(locale, { style: "percent" }),
    seconds: (count) => (count < 120 ? units(count, "second") : units(Math.ceil(count / 60), "minute")),
    day: (iso) =>
      Number.isNaN(Date.parse(iso))
        ? iso
        : new Date(iso).toLocaleDateString(locale, { dateStyle: "long", timeZone: "UTC" }),
  };
}

/** Whether a page's `lang` is one that figures and dates can be written in; many are not even well-formed. */
function isLocale(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf([tag]).length > 0;
  } catch {
    return false;
  }
}

export type { Words };
