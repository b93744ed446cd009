// SPDX-License-Identifier: BSL-1.0
// Runs cases through @google/genai: one JSON line a case on stdin, one JSON line an outcome on stdout. All of them at once.
import {readFileSync} from 'node:fs';
import {GoogleGenAI} from '@google/genai';

// What a program reads of an answer, or of one piece of a stream.
function observe(seen, response) {
  seen.block = response.promptFeedback?.blockReason ?? seen.block;
  const candidate = response.candidates?.[0];
  seen.finish = candidate?.finishReason ?? seen.finish;
  for (const part of candidate?.content?.parts ?? []) {
    if (part.thought) continue;
    seen.text += part.text ?? '';
    if (part.inlineData?.data) seen.image = part.inlineData.data;
  }
}

async function call(request, seen) {
  const httpOptions = {baseUrl: request.base_url};
  if (request.timeout_ms !== null) httpOptions.timeout = request.timeout_ms;
  if (request.retries === 'on') httpOptions.retryOptions = {};
  const {models} = new GoogleGenAI({apiKey: request.key, httpOptions});
  const asked = {model: request.model, contents: request.prompt};
  const config = {responseModalities: ['TEXT', 'IMAGE']};
  if (request.call === 'generate') {
    observe(seen, await models.generateContent({...asked, config}));
  } else if (request.call === 'stream') {
    for await (const piece of await models.generateContentStream({...asked, config})) {
      ++seen.pieces;
      observe(seen, piece);
    }
  } else if (request.call === 'count_tokens') {
    seen.tokens = (await models.countTokens(asked)).totalTokens;
  } else if (request.call === 'list') {
    seen.models = [];
    for await (const model of await models.list({config: {pageSize: 2}})) seen.models.push(model.name);
  }
}

async function run(request) {
  const seen = {id: request.id, outcome: 'ok', code: null, status: null, message: null, text: '', image: null, finish: null,
                block: null, pieces: 0};
  const begun = performance.now();
  try {
    await call(request, seen);
  } catch (error) {
    seen.outcome = error.name;
    seen.code = error.status ?? null;
    seen.message = error.message;
  }
  seen.seconds = (performance.now() - begun) / 1000;
  console.log(JSON.stringify(seen));
}

const cases = readFileSync(0, 'utf8').trim().split('\n').map(line => JSON.parse(line));
// The SDK does not keep the process alive while it waits for a time limit of its own.
const alive = setInterval(() => {}, 1000);
await Promise.all(cases.map(run));
clearInterval(alive);
