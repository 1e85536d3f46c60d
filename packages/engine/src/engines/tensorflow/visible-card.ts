import type { EngineAbsence } from '../engine-candidate';

/**
 * Leaves CUDA the card of this number alone, among those that the process may use: TensorFlow takes the memory of every card that it sees.
 *
 * CUDA reads `CUDA_VISIBLE_DEVICES` when it starts. Where the variable leaves one card already, as schedulers set it for each task, that
 * one stays. A part of a card's name is webgpu's and chooses nothing here.
 *
 * @param environment Changed.
 * @returns Why there is no such card, where the variable leaves several but not as many.
 */
export function chooseVisibleCard(
  card: string | undefined,
  environment: Record<string, string | undefined>,
): EngineAbsence | undefined {
  if (card === undefined || !/^\d+$/.test(card)) return undefined;
  const visible = environment['CUDA_VISIBLE_DEVICES']?.split(',');
  if (visible?.length === 1) return undefined;
  const chosen = visible === undefined ? card : visible[Number(card)];
  if (chosen === undefined) {
    return {
      absentBecause: `no card ${card} among CUDA_VISIBLE_DEVICES=${visible!.join(',')}`,
      remedy: 'Name another.',
    };
  }
  environment['CUDA_VISIBLE_DEVICES'] = chosen;
  return undefined;
}
