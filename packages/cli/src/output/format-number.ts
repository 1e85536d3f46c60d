/** A whole number with a comma between thousands: 25,636,712. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** A large number in billions with two digits after the point: 4.09 G. */
export function formatBillions(count: number): string {
  return `${(count / 1e9).toFixed(2)} G`;
}

/** A share from 0 to 1 as a percentage with two digits after the point: 79.33 %. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** A number with four digits after the point. */
export function formatDecimal(value: number): string {
  return value.toFixed(4);
}
