import type { ImageExample, ImageSet } from '@zoo/data';

/** `cat/1.jpg`, or `pictures/1.jpg as cat`: a picture's name wherever its folder lies. */
export function pictureName(
  { classNames }: ImageSet,
  { path, label, labels = [label] }: ImageExample,
): string {
  const name = path.split(/[/\\]/).slice(-2).join('/');
  const classes = labels.map((index) => classNames[index]).join(' and ');
  return name.startsWith(`${classes}/`) ? name : `${name} as ${classes}`;
}
