/**
 * The IdenProf program: https://github.com/OlafenwaMoses/IdenProf, idenprof.py, in TypeScript.
 *
 *   node dist/main.js train idenprof                    ResNet-50 from scratch, 200 epochs of 9,000 pictures
 *   node dist/main.js train idenprof --recipe fast      slim ResNet-18: 86.25 % of 400 test pictures after 81 minutes on two cores
 *   node dist/main.js predict Haitian-fireman.jpg       police : 99.38194155693054 ...
 *
 * At its full size (224 pixels) this is work for a GPU: `--image-size 64 --epochs 20 --steps 50` gives an idea of it on a CPU.
 */
import { runProgram } from './program';

process.exitCode = await runProgram(process.argv.slice(2), {
  print: (line) => console.log(line),
  printError: (line) => console.error(line),
});
