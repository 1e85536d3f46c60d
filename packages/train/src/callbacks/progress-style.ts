/** How a run's progress looks: ours, or Keras 3's. */
export const PROGRESS_STYLE = { type: 'choice', choices: ['zoo', 'keras'], default: 'zoo' } as const;
