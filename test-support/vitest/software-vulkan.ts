import { existsSync } from 'node:fs';

/** Where Debian's Chromium keeps SwiftShader, a Vulkan driver that computes in software, and Vulkan's loader. */
const SWIFTSHADER_DIRECTORY = '/usr/lib/chromium';
const DRIVER = `${SWIFTSHADER_DIRECTORY}/vk_swiftshader_icd.json`;

/** Lets processes that this one starts find SwiftShader: the loader reads these when a process starts. A driver that is named already (a real card's) is left alone. */
export function offerSoftwareVulkan(): void {
  if (!existsSync(DRIVER) || process.env['VK_DRIVER_FILES'] !== undefined) return;
  Object.assign(process.env, {
    VK_DRIVER_FILES: DRIVER,
    VK_ICD_FILENAMES: DRIVER,
    LD_LIBRARY_PATH: [SWIFTSHADER_DIRECTORY, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':'),
    XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? '/tmp',
  });
}
