// What reads files of weights, in one piece that a page fetches when it asks for some: each further piece costs a page that builds a network
// 0.2 kB of imports between its pieces.
export { adapted } from './identify/adapted-copy';
export { identityOfFile } from './identify/identity-in-family';
export { loadIdentified } from './identify/load-identified';
export { buildPretrained } from './pretrained/build-pretrained';
