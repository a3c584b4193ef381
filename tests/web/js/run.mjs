// Runs the page's modules in Node on what a test writes to standard input: [{module, call, args}, ...] in, answers out.
// Numbers that JSON does not know travel as text.
import { readFileSync } from 'node:fs';

const pack = (_, value) => {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value)) return Array.from(value);
  return value;
};
const unpack = (_, value) => {
  if (value === 'NaN') return NaN;
  if (value && value.bytes !== undefined) return new Uint8Array(Buffer.from(value.bytes, 'base64'));
  return value;
};

const answers = [];
for (const { module, call, args } of JSON.parse(readFileSync(0, 'utf8'), unpack)) {
  const loaded = await import(new URL(module, import.meta.url));
  try {
    const found = loaded[call];
    answers.push({ value: typeof found === 'function' ? found(...args) : found });
  } catch (error) {
    answers.push({ error: error.message });
  }
}
process.stdout.write(JSON.stringify(answers, pack));
