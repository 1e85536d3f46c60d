/** How a run's progress looks: zoo's own style, or Keras 3's. */
export const PROGRESS_STYLE = { type: 'choice', choices: ['zoo', 'keras'], default: 'zoo' } as const;
