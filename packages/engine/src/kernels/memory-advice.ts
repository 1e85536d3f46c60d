/** What to do about memory that does not last, as a sentence; from the batch size of the given tensors, if they have one. */
export function batchSizeAdvice(batchSize: number | undefined): string {
  if (batchSize === undefined)
    return 'Use a smaller batch size, or dispose tensors that are no longer needed.';
  if (batchSize === 1) return 'One example alone does not fit: use a smaller image or model.';
  const half = Math.floor(batchSize / 2);
  return `Use a batch size of ${half} instead of ${batchSize}, with \`accumulateSteps: 2\` for the same effective batch.`;
}

/** A size in words: "1.5 MB". */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
