// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What a browser gets at `/`: journal, quotas, clock, scenario and verdict, once a second. It asks the mock's own pages under `/_ductile/`
/// and nothing else; what clients have sent is shown as text alone.
inline constexpr std::string_view page_for_people = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ductile mock</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; --line: #8884; --faint: #8889; --bad: #c62828; --good: #2e7d32; }
  body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1rem; }
  header, .row { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: baseline; }
  h1 { font-size: 1.3rem; margin: 0; }
  h2 { font-size: 1rem; margin: 0 0 .5rem; }
  main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); margin-top: 1rem; }
  section { border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; min-width: 0; }
  section.wide { grid-column: 1 / -1; overflow-x: auto; }
  button, select { font: inherit; padding: .15rem .6rem; }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
  th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
  th { font-weight: 600; }
  meter { width: 100%; height: .8rem; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem .8rem; margin: 0; }
  dt, .faint { opacity: .7; }
  dd { margin: 0; }
  .bar { display: grid; grid-template-columns: 9rem minmax(4rem, 1fr) auto; gap: .6rem; align-items: center; }
  .bar span:last-child { min-width: 9rem; text-align: right; font-variant-numeric: tabular-nums; }
  section p { margin: .4rem 0; }
  .bad { color: var(--bad); } .good { color: var(--good); }
  #clock { font-size: 1.4rem; font-variant-numeric: tabular-nums; }
  #trouble:empty { display: none; }
  code { font-size: .93em; }
</style>
</head>
<body>
<header>
  <h1>ductile mock</h1>
  <span id="about" class="faint"></span>
  <span id="trouble" class="bad" role="status"></span>
</header>
<main>
  <section>
    <h2>Clock</h2>
    <p id="clock">&nbsp;</p>
    <div class="row">
      <button data-advance="10">+10 s</button>
      <button data-advance="60">+1 min</button>
      <button data-advance="3600">+1 h</button>
      <button id="midnight">to the next quota day</button>
    </div>
  </section>
  <section>
    <h2>Scenario</h2>
    <div class="row">
      <select id="known" aria-label="scenario"></select>
      <button id="play">play</button>
      <button id="reset">forget everything</button>
    </div>
    <div id="episodes"></div>
  </section>
  <section>
    <h2>Quota <span id="tier" class="faint"></span></h2>
    <div id="quota"></div>
    <p class="row"><button id="refill">refill</button></p>
  </section>
  <section>
    <h2>Verdict on the client</h2>
    <div id="verdict"></div>
  </section>
  <section class="wide">
    <h2>Journal <span id="total" class="faint"></span></h2>
    <table>
      <thead><tr><th>#<th>time<th>method<th>model<th>answer<th>status<th>latency<th>hint<th>key<th>job</tr></thead>
      <tbody id="journal"></tbody>
    </table>
  </section>
</main>
<script>
'use strict';
const by = id => document.getElementById(id);
// What clients have sent goes through here, as text.
const made = (name, text, className) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
};
const put = (id, ...children) => by(id).replaceChildren(...children);
const page = async (name, body) => {
  const given = body === undefined ? {} : {method: 'POST', body: JSON.stringify(body), headers: {'Content-Type': 'application/json'}};
  const answer = await fetch('/_ductile/' + name, given);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
};
const span = seconds => seconds < 60 ? (+seconds.toFixed(seconds < 10 ? 2 : 1)) + ' s'
  : seconds < 3600 ? (seconds / 60).toFixed(1) + ' min' : (seconds / 3600).toFixed(1) + ' h';
const number = count => count.toLocaleString('en');
const dollars = amount => '$' + amount.toFixed(amount < 1 ? 4 : 2);

const windows = [['rpm', 'requests a minute'], ['tpm', 'tokens a minute'], ['ipm', 'images a minute'], ['rpd', 'requests a day'],
                 ['tpd', 'tokens a day'], ['dollars_in_ten_minutes', 'dollars in 10 min']];
const unlimited = 1e9;

function showQuota(quota) {
  by('tier').textContent = quota.tier;
  const rows = [];
  if (!quota.used.length) rows.push(made('p', 'Nothing is used.', 'faint'));
  for (const used of quota.used.slice(0, 12)) {
    const limits = used.draws || !quota.limits.text ? quota.limits : quota.limits.text;
    const limited = windows.filter(([name]) => limits[name] < unlimited);
    const who = made('p', used.model + ' ');
    who.append(made('span', 'project ' + used.project.slice(0, 8) + (limited.length ? ', minute ends in ' + span(used.minute_left_s) : ''), 'faint'));
    rows.push(who);
    for (const [name, words] of limited) {
      const limit = limits[name];
      const bar = made('div', undefined, 'bar');
      const meter = made('meter');
      meter.max = Math.max(limit, 1e-9);
      meter.high = meter.max * 0.8;
      meter.optimum = 0;
      meter.value = used[name];
      meter.setAttribute('aria-label', words);
      bar.append(made('span', words), meter, made('span', number(used[name]) + ' of ' + number(limit)));
      rows.push(bar);
    }
    if (!limited.length) rows.push(made('p', number(used.rpd) + ' requests today, no limits', 'faint'));
  }
  if (quota.used.length > 12) rows.push(made('p', 'and ' + (quota.used.length - 12) + ' more', 'faint'));
  put('quota', ...rows);
}

function showVerdict(verdict) {
  const {useful, wasted} = verdict.totals;
  const rows = [made('p', verdict.clean ? 'Nothing is wrong with it so far.' : '', 'good')];
  for (const finding of verdict.findings) {
    const line = made('p');
    line.append(made('strong', finding.name + ' ×' + finding.count, 'bad'), ' ' + finding.meaning + ' ');
    const proofs = finding.requests.slice(0, 6).map(each => '#' + each.number + (each.after ? ' after #' + each.after : ''));
    line.append(made('span', proofs.join(', ') + (finding.requests.length > 6 ? ', ...' : ''), 'faint'));
    rows.push(line);
  }
  const totals = made('dl');
  for (const [words, price] of [['useful', useful], ['wasted', wasted]])
    totals.append(made('dt', words), made('dd', number(price.requests) + ' requests, ' + number(price.tokens) + ' tokens, ' +
      dollars(price.dollars) + (price.dollars_at_most > price.dollars ? ' to ' + dollars(price.dollars_at_most) : '')));
  put('verdict', ...rows, totals);
}

function showScenario(scenario) {
  if (by('known').options.length !== scenario.known.length) {
    put('known', ...scenario.known.map(name => made('option', name)));
    if (scenario.known.includes(scenario.name)) by('known').value = scenario.name;
  }
  const episodes = scenario.episodes.map(episode => {
    const line = made('p');
    const match = episode.match || {};
    const to = [match.model, match.project && 'project ' + match.project, match.prompt && '"' + match.prompt + '"', match.size,
                match.image === undefined ? '' : match.image ? 'models that draw' : 'models that only write'].filter(Boolean);
    line.append(made('code', typeof episode.answer === 'string' ? episode.answer : Object.keys(episode.answer).join(' | ')), ' ' + [
      episode.fault ? 'with ' + episode.fault : '',
      to.length ? 'to ' + to.join(' ') : '',
      episode.chance !== undefined ? 'by a chance of ' + episode.chance : '',
      episode.state ? 'while ' + episode.state : '',
      episode.until_state ? 'until ' + episode.until_state : '',
      episode.after ? 'after ' + episode.after + (episode.after === 1 ? ' call' : ' calls') : '',
      episode.calls === 1 ? 'once' : episode.calls !== undefined ? episode.calls + ' times' : '',
      episode.from_s ? 'from ' + span(episode.from_s) : '',
      episode.until_s !== undefined ? 'until ' + span(episode.until_s) : '',
      episode.from ? 'from ' + episode.from : '',
      episode.until ? 'until ' + episode.until : ''].filter(Boolean).join(', '));
    return line;
  });
  put('episodes', made('p', 'plays ' + scenario.name + (scenario.state ? ', now ' + scenario.state : '') +
    (episodes.length ? ', in which is written down:' : ', in which nothing is written down'), 'faint'), ...episodes);
}

function showJournal(requests) {
  by('total').textContent = number(requests.total) + ' requests' + (requests.total > requests.requests.length ? ', the latest here' : '');
  put('journal', ...requests.requests.reverse().map(entry => {
    const row = made('tr');
    row.append(made('td', entry.number), made('td', entry.time.slice(11, 19)), made('td', entry.method), made('td', entry.model),
      made('td', entry.id + (entry.asked_for ? ' (on demand)' : '')),
      made('td', entry.status || '-', entry.status === 200 ? 'good' : 'bad'), made('td', span(entry.latency_s)),
      made('td', entry.hint_s === null ? '' : span(entry.hint_s)), made('td', (entry.key || '').slice(0, 6)), made('td', entry.job.slice(0, 6)));
    return row;
  }));
}

async function show() {
  const [health, clock, quota, verdict, scenario, requests] =
    await Promise.all(['health', 'clock', 'quota', 'verdict', 'scenario', 'requests?last=50'].map(name => page(name)));
  by('about').textContent = 'seed ' + health.seed + (clock.time_scale !== 1 ? ', time runs ' + clock.time_scale + ' times as fast' : '');
  by('clock').textContent = clock.now.replace('T', ' ').replace('Z', ' UTC');
  showQuota(quota);
  showVerdict(verdict);
  showScenario(scenario);
  showJournal(requests);
}

// What a button does, then what has become of it.
async function act(action) {
  try {
    if (action) await action();
    await show();
    by('trouble').textContent = '';
  } catch (error) {
    by('trouble').textContent = error instanceof TypeError ? 'the mock does not answer' : error.message;
  }
}

for (const button of document.querySelectorAll('[data-advance]'))
  button.onclick = () => act(() => page('clock/advance', {seconds: Number(button.dataset.advance)}));
by('midnight').onclick = () => act(async () => {
  const {day_left_s} = await page('clock');
  await page('clock/advance', {seconds: day_left_s});
});
by('refill').onclick = () => act(() => page('quota/refill', {}));
by('reset').onclick = () => act(() => page('reset', {}));
by('play').onclick = () => act(() => page('scenario', {name: by('known').value}));

(async () => {
  for (;;) {
    if (!document.hidden) await act();
    await new Promise(done => setTimeout(done, 1000));
  }
})();
</script>
</body>
</html>
)html";

}  // namespace ductile::inline DUCTILE_VERSION::mock
