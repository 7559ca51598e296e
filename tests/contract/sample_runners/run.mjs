// Runs JavaScript samples as run.py does Python ones; the folder for their files is the argument.
// What a sample logs comes out as JSON, so that nothing of it is abbreviated.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

let number = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const file = join(process.argv[2], `sample${++number}.mjs`);
  writeFileSync(file, JSON.parse(line));
  let printed = "";
  console.log = (value) => (printed += JSON.stringify(value));
  let answer;
  try {
    await import(pathToFileURL(file).href);
    answer = { printed };
  } catch (error) {
    answer = { failure: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
