// An independent opinion of documents: the YAML library reads them, ajv holds them against the
// schema. In: a JSON object of names to texts. Out: a JSON object of names to faults ("" for none).
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import { parse } from "yaml";

const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false });
const validate = ajv.compile(JSON.parse(readFileSync(process.argv[2], "utf8")));
const said = {};
for (const [name, text] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  let doc;
  try {
    doc = parse(text, { version: "1.2", schema: "core", prettyErrors: false, logLevel: "error" });
  } catch (e) {
    said[name] = `yaml: ${e.message}`;
    continue;
  }
  const errors = validate(doc) ? [] : validate.errors;
  said[name] = errors.map((e) => `${e.instancePath || "/"} ${e.message}`).join("; ");
}
process.stdout.write(JSON.stringify(said));
