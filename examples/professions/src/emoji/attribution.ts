/** Written beside the pictures: some of the licences ask for it, and all deserve it. */
export const ATTRIBUTION = `# Where these pictures come from

Each file's name begins with the emoji set that its figure comes from. Figures were drawn at another size onto other
backgrounds; in half of the training pictures a black line was added around their shapes.

| file names | set | author | licence | npm package |
|---|---|---|---|---|
| noto-... | Noto Emoji (https://github.com/googlefonts/noto-emoji) | Google Inc | Apache-2.0 | @iconify-json/noto |
| noto-v1-... | Noto Emoji, version 1 (https://github.com/googlefonts/noto-emoji) | Google Inc | Apache-2.0 | @iconify-json/noto-v1 |
| twemoji-... | Twitter Emoji (https://github.com/jdecked/twemoji) | Twitter and contributors | CC-BY-4.0 | @iconify-json/twemoji |
| fluent-... | Fluent Emoji Flat (https://github.com/microsoft/fluentui-emoji) | Microsoft Corporation | MIT | @iconify-json/fluent-emoji-flat |
| openmoji-... | OpenMoji (https://github.com/hfg-gmuend/openmoji) | OpenMoji | CC-BY-SA-4.0 | @iconify-json/openmoji |
`;
