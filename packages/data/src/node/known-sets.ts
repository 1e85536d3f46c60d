import { join } from 'node:path';

import type { FileHash } from '@zoo/core';

import type { ReadableImageSet } from '../sets/image-set';
import type { MemoryImageSet } from '../sets/memory-image-set';

import { readCifar10 } from './read-cifar10';
import { readCifar100 } from './read-cifar100';
import { readIdenProf } from './read-idenprof';
import { readImageFolder, type ImageFolder } from './read-image-folder';
import { readSigns } from './read-signs';

/** A part of a known set: files of a folder or, where it has `readImage`, pictures in memory. */
export interface KnownPart extends ImageFolder, Partial<Pick<ReadableImageSet, 'readImage'>> {}

/** A known data set, as its publisher splits it. */
export interface KnownSet {
  readonly train: KnownPart;
  /** What its publisher calls test, or validation. */
  readonly test: KnownPart;
}

/** What is known of a data set: a row of {@link KNOWN_SETS}. */
export interface KnownSetRow {
  readonly title: string;
  /** What may be done with it, and where that is said. */
  readonly licence: string;
  /** Classes of the set. */
  readonly classes: number;
  /** Pictures to train on and to test with. */
  readonly pictures: readonly [train: number, test: number];
  /** The folder in the archive that holds the set. */
  readonly root: string;
  /** The archive; undefined where none is published. */
  readonly archive?: {
    readonly url: string;
    /** Undefined where none is published: what the archive holds is checked then, by its own checksums and `pictures`. */
    readonly hash?: FileHash;
    /** Undefined where it is not known. */
    readonly sizeBytes?: number;
  };
  /** Reads what the archive unpacks to: `root`. */
  read(directory: string): Promise<KnownSet>;
}

const FASTAI = 'https://s3.amazonaws.com/fast-ai-imageclas/';
const TORONTO = 'https://www.cs.toronto.edu/~kriz/';

const FASTAI_LICENCE =
  "Apache-2.0 (github.com/fastai/imagenette); the pictures are ImageNet's, for research that is not commercial (image-net.org)";
const CIFAR_LICENCE = 'none stated; its authors ask to be cited (cs.toronto.edu/~kriz/cifar.html)';

/** WordNet's identifiers, which the folders are called by, with the names of README.md in fastai/imagenette. */
const IMAGENETTE_CLASSES: Readonly<Record<string, string>> = {
  n01440764: 'tench',
  n02102040: 'English springer',
  n02979186: 'cassette player',
  n03000684: 'chain saw',
  n03028079: 'church',
  n03394916: 'French horn',
  n03417042: 'garbage truck',
  n03425413: 'gas pump',
  n03445777: 'golf ball',
  n03888257: 'parachute',
};

const IMAGEWOOF_CLASSES: Readonly<Record<string, string>> = {
  n02086240: 'Shih-Tzu',
  n02087394: 'Rhodesian ridgeback',
  n02088364: 'beagle',
  n02089973: 'English foxhound',
  n02093754: 'Border terrier',
  n02096294: 'Australian terrier',
  n02099601: 'golden retriever',
  n02105641: 'Old English sheepdog',
  n02111889: 'Samoyed',
  n02115641: 'dingo',
};

const IMAGENETTE = {
  licence: FASTAI_LICENCE,
  classes: 10,
  pictures: [9469, 3925],
  read: (directory: string) => readTrainAndVal(directory, IMAGENETTE_CLASSES),
} as const;

const IMAGEWOOF = {
  licence: FASTAI_LICENCE,
  classes: 10,
  pictures: [9025, 3929],
  read: (directory: string) => readTrainAndVal(directory, IMAGEWOOF_CLASSES),
} as const;

/**
 * The data sets that are known by name; a new set is a new row.
 *
 * Sizes and SHA-256 of Imagenette: tensorflow/datasets, `datasets/imagenette/checksums.tsv`; of CIFAR: `url_checksums/cifar10.txt` and
 * `cifar100.txt` there. Sizes of Imagewoof: fastai/fastai, `fastai/data/checks.txt`; MD5: catalyst-team/catalyst,
 * `catalyst/contrib/datasets/imagewoof.py`. For IdenProf no hash and no size is published: README.md of OlafenwaMoses/IdenProf says how
 * many pictures it has. SIGNS has no address: the course hands it out.
 */
export const KNOWN_SETS = {
  idenprof: {
    title: 'IdenProf',
    licence: 'MIT (github.com/OlafenwaMoses/IdenProf)',
    classes: 10,
    pictures: [9000, 2000],
    root: 'idenprof',
    archive: {
      url: 'https://github.com/OlafenwaMoses/IdenProf/releases/download/v1.0/idenprof-jpg.zip',
    },
    read: readIdenProf,
  },
  imagenette: {
    ...IMAGENETTE,
    title: 'Imagenette',
    root: 'imagenette2',
    archive: {
      url: `${FASTAI}imagenette2.tgz`,
      hash: {
        algorithm: 'sha256',
        digest: '6cbfac238434d89fe99e651496f0812ebc7a10fa62bd42d6874042bf01de4efd',
      },
      sizeBytes: 1_557_161_267,
    },
  },
  'imagenette-320': {
    ...IMAGENETTE,
    title: 'Imagenette, 320 pixels',
    root: 'imagenette2-320',
    archive: {
      url: `${FASTAI}imagenette2-320.tgz`,
      hash: {
        algorithm: 'sha256',
        digest: '569b4497c98db6dd29f335d1f109cf315fe127053cedf69010d047f0188e158c',
      },
      sizeBytes: 341_663_724,
    },
  },
  'imagenette-160': {
    ...IMAGENETTE,
    title: 'Imagenette, 160 pixels',
    root: 'imagenette2-160',
    archive: {
      url: `${FASTAI}imagenette2-160.tgz`,
      hash: {
        algorithm: 'sha256',
        digest: '64d0c4859f35a461889e0147755a999a48b49bf38a7e0f9bd27003f10db02fe5',
      },
      sizeBytes: 99_003_388,
    },
  },
  imagewoof: {
    ...IMAGEWOOF,
    title: 'Imagewoof',
    root: 'imagewoof2',
    archive: {
      url: `${FASTAI}imagewoof2.tgz`,
      hash: { algorithm: 'md5', digest: '9aafe18bcdb1632c4249a76c458465ba' },
      sizeBytes: 1_343_715_595,
    },
  },
  'imagewoof-320': {
    ...IMAGEWOOF,
    title: 'Imagewoof, 320 pixels',
    root: 'imagewoof2-320',
    archive: {
      url: `${FASTAI}imagewoof2-320.tgz`,
      hash: { algorithm: 'md5', digest: '0f46d997ec2264e97609196c95897a44' },
      sizeBytes: 328_387_740,
    },
  },
  'imagewoof-160': {
    ...IMAGEWOOF,
    title: 'Imagewoof, 160 pixels',
    root: 'imagewoof2-160',
    archive: {
      url: `${FASTAI}imagewoof2-160.tgz`,
      hash: { algorithm: 'md5', digest: '3d200a7be99704a0d7509be2a9fbfe15' },
      sizeBytes: 92_612_825,
    },
  },
  cifar10: {
    title: 'CIFAR-10',
    licence: CIFAR_LICENCE,
    classes: 10,
    pictures: [50_000, 10_000],
    root: 'cifar-10-batches-bin',
    archive: {
      url: `${TORONTO}cifar-10-binary.tar.gz`,
      hash: {
        algorithm: 'sha256',
        digest: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
      },
      sizeBytes: 170_052_171,
    },
    read: async (directory) => inMemory(directory, await readCifar10(directory)),
  },
  cifar100: {
    title: 'CIFAR-100',
    licence: CIFAR_LICENCE,
    classes: 100,
    pictures: [50_000, 10_000],
    root: 'cifar-100-binary',
    archive: {
      url: `${TORONTO}cifar-100-binary.tar.gz`,
      hash: {
        algorithm: 'sha256',
        digest: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
      },
      sizeBytes: 168_513_733,
    },
    read: async (directory) => inMemory(directory, await readCifar100(directory)),
  },
  signs: {
    title: 'SIGNS',
    licence: "none stated; handed out with deeplearning.ai's course on convolutional networks",
    classes: 6,
    pictures: [1080, 120],
    root: 'datasets',
    read: async (directory) => inMemory(directory, await readSigns(directory)),
  },
} as const satisfies Readonly<Record<string, KnownSetRow>>;

/** Names that {@link openKnownSet} knows. */
export type KnownSetName = keyof typeof KNOWN_SETS;

/** Folders `train` and `val` with classes called by WordNet's identifiers, which get the names of `classNames`. */
async function readTrainAndVal(
  directory: string,
  names: Readonly<Record<string, string>>,
): Promise<KnownSet> {
  const identifiers = Object.keys(names);
  const read = async (part: string): Promise<KnownPart> => ({
    ...(await readImageFolder(join(directory, part), { classNames: identifiers })),
    classNames: Object.values(names),
  });
  return { train: await read('train'), test: await read('val') };
}

/** Sets in memory, with the folder that their files lie in. */
function inMemory(
  directory: string,
  { train, test }: Readonly<Record<'train' | 'test', MemoryImageSet>>,
): KnownSet {
  const part = (set: MemoryImageSet): KnownPart => ({ ...set, directory, ignored: [] });
  return { train: part(train), test: part(test) };
}
