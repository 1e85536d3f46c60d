export * from './node/native/build-native-binding';
export * from './node/native/remove-native-builds';
export type { NativeBuild } from './libtensorflow/native-build';
