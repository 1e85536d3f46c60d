import { printable } from '@zoo/core/options';

import { mostHarmful, type DuplicateGroup, type InspectedSizes, type Inspection } from './inspection';

/** Groups of each kind, and unreadable pictures, that the text names. */
const SHOWN = 10;

/** Formats an inspection as text: figures, classes by split, and the first problems, the worst first. */
export function formatInspection(inspection: Inspection): string {
  const { pictures, classNames, formats, sizes, colors, ignored } = inspection;
  const kinds = Object.entries(formats).map(([format, count]) => `${count} ${format}`);
  const lines = [
    `pictures    ${pictures} in ${classNames.length} classes${kinds.length === 0 ? '' : `: ${kinds.join(', ')}`}`,
    ...(ignored === 0 ? [] : [`not read    ${ignored} other files`]),
    ...(sizes === undefined ? [] : [`sizes       ${sizesInWords(sizes)}`]),
    ...(colors === undefined
      ? []
      : [
          `mean        ${colors.mean.map(fourDigits).join(', ')}`,
          `deviation   ${colors.standardDeviation.map(fourDigits).join(', ')}`,
        ]),
    '',
    ...classTable(inspection),
    '',
    ...findingsInWords(inspection).map(({ name, finding }) => `${name.padEnd(17)}${finding}`),
    ...listed('Unreadable:', inspection.unreadable, ({ problem }) => [problem]),
    ...listed('Equal files in several splits or classes:', inspection.equal.filter(isHarmful), paths),
    ...listed('Near duplicates in several splits or classes:', inspection.near.filter(isHarmful), paths),
  ];
  return lines.map((line) => printable(line)).join('\n');
}

/** One line of what was found in a data set. */
export interface Finding {
  readonly name: string;
  readonly finding: string;
  readonly isBad: boolean;
}

/** What is wrong with a data set, in words. */
export function findingsInWords({ unreadable, equal, near, splits }: Inspection): Finding[] {
  return [
    {
      name: 'unreadable',
      finding: unreadable.length === 0 ? 'none' : inNumber(unreadable.length, 'picture'),
      isBad: unreadable.length > 0,
    },
    { name: 'equal files', finding: groupsInWords(equal), isBad: equal.length > 0 },
    { name: 'near duplicates', finding: groupsInWords(near), isBad: near.length > 0 },
    ...(splits.length < 2
      ? []
      : splits.map(({ name, pictures, equalElsewhere, nearElsewhere }) => ({
          name: `leaks of ${name}`,
          finding:
            equalElsewhere + nearElsewhere === 0
              ? 'none'
              : `${equalElsewhere} of ${pictures} pictures lie in another split too, ${nearElsewhere} more have a near duplicate there`,
          isBad: equalElsewhere + nearElsewhere > 0,
        }))),
  ];
}

function groupsInWords(groups: readonly DuplicateGroup[]): string {
  if (groups.length === 0) return 'none';
  const pictures = groups.reduce((sum, group) => sum + group.pictures.length, 0);
  const leaks = groups.filter(({ isLeak }) => isLeak).length;
  const labels = groups.filter(({ hasSeveralLabels }) => hasSeveralLabels).length;
  return `${inNumber(groups.length, 'group')} of ${pictures} pictures, ${leaks} across splits, ${labels} with several labels`;
}

/** Sizes of pictures in one line. */
export function sizesInWords({ height, width, count, mostFrequent }: InspectedSizes): string {
  const [first] = mostFrequent;
  if (count === 1) return `all ${first!.height} x ${first!.width}`;
  const spread = ({ minimum, median, maximum }: typeof height) =>
    `${minimum} to ${maximum} (median ${median})`;
  return `height ${spread(height)}, width ${spread(width)}; ${count} sizes, most often ${first!.height} x ${first!.width} (${first!.pictures})`;
}

function classTable({ classNames, splits }: Inspection): string[] {
  const rows = [
    ['class', ...splits.map(({ name }) => name)],
    ...classNames.map((className, label) => [
      className,
      ...splits.map(({ classCounts }) => `${classCounts[label]!}`),
    ]),
    ['all', ...splits.map(({ pictures }) => `${pictures}`)],
    ['imbalance', ...splits.map(({ imbalance }) => imbalanceInWords(imbalance))],
  ].map((row) => row.map((cell) => printable(cell)));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  '),
  );
}

/** The largest class for each picture of the smallest. */
export function imbalanceInWords(imbalance: number | null): string {
  return imbalance === null ? 'empty class' : `${imbalance.toFixed(1)} : 1`;
}

const fourDigits = (value: number): string => value.toFixed(4);
const inNumber = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
const isHarmful = ({ isLeak, hasSeveralLabels }: DuplicateGroup): boolean => isLeak || hasSeveralLabels;
const paths = ({ pictures }: DuplicateGroup): string[] => pictures.map(({ path }) => path);

function listed<Item>(
  title: string,
  items: readonly Item[],
  linesOf: (item: Item) => readonly string[],
): string[] {
  if (items.length === 0) return [];
  const isGroup = (item: Item): item is Item & DuplicateGroup => 'isLeak' in (item as object);
  const ordered = items.every(isGroup) ? (mostHarmful(items) as unknown as Item[]) : items;
  const more = items.length - SHOWN;
  return [
    '',
    title,
    ...ordered
      .slice(0, SHOWN)
      .flatMap((item) => linesOf(item).map((line, index) => `${index === 0 ? '- ' : '  '}${line}`)),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
