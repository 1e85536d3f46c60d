import { ArgumentError } from '@zoo/core';

/** A repository of models on the Hugging Face Hub, at a revision. */
export interface HubRepository {
  /** What the user wrote, for messages: `hf:timm/resnet50.a1_in1k`. */
  readonly name: string;
  /** `timm/resnet50.a1_in1k`. */
  readonly id: string;
  /** A branch, tag or commit. */
  readonly revision: string;
}

const NAME = /^hf:([a-z0-9][\w.-]*\/\w[\w.-]*)(?:@(\w[\w.-]*(?:\/\w[\w.-]*)*))?$/i;

/**
 * The repository that `hf:user/repository` or `hf:user/repository@revision` names; without a revision, its branch `main`.
 *
 * @throws ArgumentError for a text of another form.
 */
export function hubRepository(name: string): HubRepository {
  const [, id, revision = 'main'] = NAME.exec(name) ?? [];
  // Names that the Hub reserves, and names that would lead out of the cache's folder.
  if (id === undefined || /--|\.\./.test(`${id}@${revision}`)) {
    throw new ArgumentError(
      'weights',
      'a repository of the Hugging Face Hub',
      name,
      'Write hf:user/repository, or hf:user/repository@revision: hf:timm/resnet50.a1_in1k.',
    );
  }
  return { name, id, revision };
}

/** The address of a file of the repository. */
export function hubAddress(
  endpoint: string,
  { id }: HubRepository,
  revision: string,
  fileName: string,
): string {
  return `${endpoint}/${id}/resolve/${encodeURIComponent(revision)}/${fileName}`;
}
