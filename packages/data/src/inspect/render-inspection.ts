import { printable } from '@zoo/core/options';
import { html, htmlPage, type Html } from '@zoo/core/page';

import { findingsInWords, imbalanceInWords, sizesInWords } from './format-inspection';
import type { DuplicateGroup, InspectedPicture, Inspection } from './inspection';

/** A picture of the page: its `data:` URL, or undefined where it can't be shown. */
export type ShownPictures = ReadonlyMap<string, string | undefined>;

/** What of an inspection is shown with pictures. */
export interface ShownGroups {
  readonly equal: readonly DuplicateGroup[];
  readonly near: readonly DuplicateGroup[];
  /** Some pictures of each class. */
  readonly samples: ReadonlyMap<string, readonly InspectedPicture[]>;
}

/** Pictures of one group that are shown. */
export const GROUP_PICTURES = 8;

const STYLE = `
.group { border-left: 3px solid var(--line); padding-left: .8rem; margin: 1rem 0; }
.group.harm { border-color: rgb(var(--wrong)); }
.marks { font-size: .87rem; color: var(--muted); margin: 0 0 .4rem; }
.found th { padding-right: 1.6rem; white-space: nowrap; } .found .bad { color: rgb(var(--wrong)); }
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(96px, 1fr)); gap: .5rem; margin: .3rem 0 1rem; }
.row img, .row .no-picture { width: 100%; aspect-ratio: 1; object-fit: contain; background: rgb(128 128 128 / .12); border-radius: 4px; }
`;

/** An inspection as one HTML page without scripts or outside resources. */
export function renderInspection(
  title: string,
  inspection: Inspection,
  shown: ShownGroups,
  pictures: ShownPictures,
): string {
  return htmlPage({
    title,
    summary: `${inspection.pictures} pictures in ${inspection.classNames.length} classes`,
    style: STYLE,
    body: [
      overview(inspection),
      classSection(inspection, shown, pictures),
      groupSection(
        'Equal files',
        'Files that are equal in every byte. Those in several splits come first, then those with several labels.',
        { all: inspection.equal, shown: shown.equal },
        pictures,
      ),
      groupSection(
        'Near duplicates',
        'Pictures that look alike: another size, quality or crop, a frame, a watermark. Look before anything is deleted.',
        { all: inspection.near, shown: shown.near },
        pictures,
      ),
      unreadableSection(inspection),
    ],
  });
}

function overview(inspection: Inspection): Html {
  const { formats, sizes, colors, ignored } = inspection;
  const facts: (readonly [string, string])[] = [
    [
      'formats',
      Object.entries(formats)
        .map(([format, count]) => `${count} ${format}`)
        .join(', ') || 'none',
    ],
    ...(sizes === undefined ? [] : [['sizes', sizesInWords(sizes)] as const]),
    ...(colors === undefined
      ? []
      : [
          ['mean', colors.mean.map((value) => value.toFixed(4)).join(', ')] as const,
          ['deviation', colors.standardDeviation.map((value) => value.toFixed(4)).join(', ')] as const,
        ]),
    ...(ignored === 0 ? [] : [['not read', `${ignored} other files`] as const]),
  ];
  return html`<section>
    <h2>Overview</h2>
    <div class="scroll">
      <table class="settings found">
        <tbody>
          ${facts.map(
            ([name, value]) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td>${value}</td>
              </tr>`,
          )}
          ${findingsInWords(inspection).map(
            ({ name, finding, isBad }) =>
              html`<tr>
                <th scope="row">${printable(name)}</th>
                <td class="${isBad ? 'bad' : ''}">${finding}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function classSection(
  { classNames, splits }: Inspection,
  { samples }: ShownGroups,
  pictures: ShownPictures,
): Html {
  const largest = Math.max(1, ...splits.flatMap(({ classCounts }) => classCounts));
  const rows = classNames.map(
    (className, label) =>
      html`<tr>
        <th scope="row">${printable(className)}</th>
        ${splits.map(
          ({ classCounts }) =>
            html`<td class="meter" style="--share:${(classCounts[label]! / largest).toFixed(3)}">
              ${classCounts[label]}
            </td>`,
        )}
      </tr>`,
  );
  return html`<section>
    <h2>Classes</h2>
    <div class="scroll">
      <table class="classes">
        <thead>
          <tr>
            <th scope="col">class</th>
            ${splits.map(({ name }) => html`<th scope="col">${printable(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
          <tr>
            <th scope="row">largest to smallest</th>
            ${splits.map(({ imbalance }) => html`<td>${imbalanceInWords(imbalance)}</td>`)}
          </tr>
        </tbody>
      </table>
    </div>
    ${[...samples].map(
      ([className, some]) =>
        html`<h3>${printable(className)}</h3>
          <div class="row">${some.map((each) => picture(each, pictures))}</div>`,
    )}
  </section>`;
}

function groupSection(
  title: string,
  hint: string,
  { all, shown }: { all: readonly DuplicateGroup[]; shown: readonly DuplicateGroup[] },
  pictures: ShownPictures,
): Html {
  if (all.length === 0) return html``;
  const more = all.length - shown.length;
  return html`<section>
    <h2>${title}</h2>
    <p class="hint">${hint}</p>
    ${shown.map((group) => groupOf(group, pictures))}
    ${more > 0 ? html`<p class="hint">And ${more} groups more.</p>` : undefined}
  </section>`;
}

function groupOf(
  { pictures: members, isLeak, hasSeveralLabels }: DuplicateGroup,
  pictures: ShownPictures,
): Html {
  const marks = [
    `${members.length} pictures`,
    ...(isLeak ? ['in several splits'] : []),
    ...(hasSeveralLabels ? ['with several labels'] : []),
  ];
  return html`<div class="group${isLeak || hasSeveralLabels ? ' harm' : ''}">
    <p class="marks">${marks.join(', ')}</p>
    <div class="cards">
      ${members.slice(0, GROUP_PICTURES).map(
        (member) =>
          html`<figure class="card">
            ${picture(member, pictures)}
            <figcaption>
              <span>${printable(member.className)} <b>${printable(member.split)}</b></span>
              <small title="${printable(member.path)}">${printable(fileName(member.path))}</small>
            </figcaption>
          </figure>`,
      )}
    </div>
  </div>`;
}

function picture({ path, className }: InspectedPicture, pictures: ShownPictures): Html {
  const source = pictures.get(path);
  return source === undefined
    ? html`<div class="no-picture">no picture</div>`
    : html`<img src="${source}" alt="${printable(className)}" title="${printable(path)}" />`;
}

function unreadableSection({ unreadable }: Inspection): Html {
  if (unreadable.length === 0) return html``;
  const more = unreadable.length - SHOWN_UNREADABLE;
  return html`<section>
    <h2>Unreadable</h2>
    <ul>
      ${unreadable.slice(0, SHOWN_UNREADABLE).map(({ problem }) => html`<li>${printable(problem)}</li>`)}
    </ul>
    ${more > 0 ? html`<p class="hint">And ${more} more.</p>` : undefined}
  </section>`;
}

const SHOWN_UNREADABLE = 200;

const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path;
