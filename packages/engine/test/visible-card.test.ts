import { describe, expect, it } from 'vitest';

import { chooseVisibleCard } from '../src/engines/tensorflow/visible-card';

describe('the card that TensorFlow sees', () => {
  it.each([
    { card: '1', visible: undefined, left: '1' },
    { card: '1', visible: '4,6,7', left: '6' },
    { card: '3', visible: '2', left: '2' },
    { card: '0', visible: '', left: '' },
    { card: 'Radeon', visible: undefined, left: undefined },
    { card: undefined, visible: '0,1', left: '0,1' },
  ])('is $left for card $card among $visible', ({ card, visible, left }) => {
    const environment = { CUDA_VISIBLE_DEVICES: visible };
    expect(chooseVisibleCard(card, environment)).toBeUndefined();
    expect(environment.CUDA_VISIBLE_DEVICES).toBe(left);
  });

  it('is none where the process may use fewer', () => {
    const environment = { CUDA_VISIBLE_DEVICES: '0,1' };
    expect(chooseVisibleCard('2', environment)?.absentBecause).toBe(
      'no card 2 among CUDA_VISIBLE_DEVICES=0,1',
    );
    expect(environment.CUDA_VISIBLE_DEVICES).toBe('0,1');
  });
});
