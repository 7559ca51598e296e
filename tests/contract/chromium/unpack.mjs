// node unpack.mjs PACKAGE: writes Chromium, its libraries and fonts into the folder TMPDIR.
import { pathToFileURL } from "node:url";

// The package unpacks the libraries, which a bare machine lacks, only where it takes itself to be.
process.env.AWS_EXECUTION_ENV = "AWS_Lambda_nodejs22.x";
const entry = new URL("build/esm/index.js", `${pathToFileURL(process.argv[2])}/`);
const { default: chromium } = await import(entry);
console.log(await chromium.executablePath());
