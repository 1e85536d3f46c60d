// Optional peers are found at run time and need not be installed for the types to check.
declare module '@tensorflow/tfjs-backend-webgpu';
