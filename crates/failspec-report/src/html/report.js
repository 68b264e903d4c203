
"use strict";
// What was sent and received is made visible when a case is opened, and only as text: nothing here parses markup.
(() => {
  const rows = Array.from(document.querySelectorAll("details.case"));
  const groups = Array.from(document.querySelectorAll("section.group"));

  // The same characters as in the rest of the page: what would be obeyed or not be seen is shown as what it is.
  const odd = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff]|[\u{e0000}-\u{e007f}]/gu;

  const put = (parent, text) => {
    let from = 0;
    for (const found of text.matchAll(odd)) {
      parent.append(text.slice(from, found.index));
      const mark = document.createElement("span");
      mark.className = "odd";
      mark.textContent = "\\u{" + found[0].codePointAt(0).toString(16) + "}";
      parent.append(mark);
      from = found.index + found[0].length;
    }
    parent.append(text.slice(from));
    return parent;
  };

  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined && text !== null) put(element, String(text));
    return element;
  };

  // JSON on several lines. Only whitespace is added: doubled keys and long numbers stay as they were sent.
  const indented = (text) => {
    try { JSON.parse(text); } catch { return text; }
    let out = "", depth = 0, inside = false;
    const line = () => "\n" + "  ".repeat(depth);
    for (let at = 0; at < text.length; at++) {
      const character = text[at];
      if (inside) {
        out += character;
        if (character === "\\") out += text[++at];
        else if (character === "\"") inside = false;
      } else if (character === "\"") { inside = true; out += character; }
      else if (/\s/.test(character)) continue;
      else if ("{[".includes(character)) {
        const rest = text.slice(at + 1).match(/^\s*[}\]]/);
        if (rest) { out += character + rest[0].trim(); at += rest[0].length; }
        else { depth++; out += character + line(); }
      } else if ("}]".includes(character)) { depth = Math.max(0, depth - 1); out += line() + character; }
      else if (character === ",") out += character + line();
      else if (character === ":") out += ": ";
      else out += character;
    }
    return out;
  };

  const phase = (exchange) => exchange.phase.replace(/_/g, " ");
  // What was sent once for several cases names the one in whose report it stands.
  const origin = (exchange) => phase(exchange) + (exchange.same_as ? ", as in " + exchange.same_as : "");
  const bytes = (count) => count === 1 ? "1 byte" : count + " bytes";

  const message = (title, start, headers, body) => {
    const box = make("div"), head = make("pre");
    box.append(make("h4", "", title), head);
    head.append(make("b", "", start));
    for (const [name, value] of headers || []) put(head, "\n" + name + ": " + value);
    if (body) box.append(make("pre", "body", body.length < 100000 ? indented(body) : body));
    return box;
  };

  const pair = (exchange) => {
    const box = make("div", "pair");
    const { request, response } = exchange;
    const time = exchange.ms.toFixed(1) + " ms";
    box.append(message("Sent " + exchange.who + " · " + origin(exchange), request.method + " " + request.url, request.headers, request.body));
    box.append(response
      ? message("Received · " + time + " · " + bytes(response.length), "HTTP " + response.status, response.headers, response.body)
      : message("No response that could be judged · " + time, exchange.error || "", [], ""));
    return box;
  };

  // A command line gets a button that copies it.
  const copyable = (code) => {
    const button = make("button", "small", "Copy");
    button.type = "button";
    button.setAttribute("aria-label", "Copy the command line that sends the request again");
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(code.textContent); button.textContent = "Copied"; }
      catch { getSelection().selectAllChildren(code); button.textContent = "Selected"; }
    });
    const head = make("div", "row");
    head.append(make("span", "faint", "Reproduce"), button);
    code.before(head);
  };

  const documented = (details) => {
    const { documented: it, location } = details;
    const box = make("p", "documented"), first = make("span");
    const parts = [];
    if (it.status) parts.push("HTTP " + it.status);
    if (it.code !== null) parts.push(JSON.stringify(it.code));
    first.append("Documented: ", make("b", "", parts.concat(it.summary).join(" · ")));
    box.append(first, make("br"));
    const second = make("span", "", location.file + ":" + location.line + (it.retry ? " · retry: " + it.retry.replace(/_/g, " ") : ""));
    if (it.link) {
      second.append(" · ");
      if (/^https?:\/\/\S+$/.test(it.link)) {
        const link = make("a", "", it.link);
        link.href = it.link;
        link.rel = "noopener noreferrer";
        second.append(link);
      } else put(second, it.link);
    }
    box.append(second);
    return box;
  };

  const difference = (snapshot) => {
    const words = { same: "The same as the approved response", changed: "Differs from the approved response", new: "No response was approved yet", updated: "Approved by this run" };
    const box = make("div", "", "");
    box.append(make("p", "faint", (words[snapshot.state] || snapshot.state) + " · " + snapshot.file));
    if (snapshot.diff) {
      const text = make("pre", "diff");
      text.tabIndex = 0;
      for (const line of snapshot.diff.replace(/\n$/, "").split("\n")) {
        text.append(make(line.startsWith("+") ? "ins" : line.startsWith("-") ? "del" : "span", "", line));
      }
      box.append(text);
    }
    return box;
  };

  const open = (row) => {
    if (row.dataset.opened !== undefined) return;
    row.dataset.opened = "";
    const inside = row.querySelector(".inside");
    // What the page itself shows is formatted.
    for (const body of inside.querySelectorAll("pre.body")) {
      if (body.textContent.length < 100000) body.textContent = indented(body.textContent);
    }
    const data = row.querySelector("script");
    const details = data ? JSON.parse(data.textContent) : { documented: null, snapshot: null, left_behind: [], judged: null, exchanges: [] };
    if (data) data.remove();
    if (details.documented) inside.prepend(documented(details));
    const judged = details.judged === null ? null : details.exchanges[details.judged];
    if (judged) inside.append(pair(judged), make("pre", "curl", judged.request.curl));
    const line = inside.querySelector("pre.curl");
    const place = (node) => line ? line.before(node) : inside.append(node);
    if (details.snapshot) place(difference(details.snapshot));
    for (const left of details.left_behind) place(make("p", "", "Left behind: " + left));
    if (line) copyable(line);
    const others = details.exchanges.filter((_, at) => at !== details.judged);
    if (others.length) {
      const more = make("details", "more");
      const phases = others.map(phase).join(", ");
      more.append(make("summary", "", others.length + (others.length === 1 ? " other exchange: " : " other exchanges: ") + phases));
      more.append(...others.map(pair));
      inside.append(more);
    }
  };

  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.classList.contains("case")) open(event.target);
  }, true);

  for (const row of rows) if (row.open) open(row);

  // Filters.
  const form = document.getElementById("filters");
  const text = document.getElementById("text");
  const pack = document.getElementById("pack");
  const chips = Array.from(form.querySelectorAll(".chip"));
  const shown = document.getElementById("shown");
  const haystacks = new Map();
  const haystack = (row) => {
    let found = haystacks.get(row);
    if (found === undefined) {
      // The texts of a row: its name, and what is wrong with it.
      found = (row.id + " " + Array.from(row.querySelectorAll(".why, .told > li"), (it) => it.textContent).join(" ")).toLowerCase();
      haystacks.set(row, found);
    }
    return found;
  };

  const filter = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const pressed = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true");
    const outcomes = pressed.map((chip) => chip.dataset.outcome).filter(Boolean);
    const marks = ["warned", "changed"].filter((mark) => pressed.some((chip) => mark in chip.dataset));
    let count = 0;
    for (const group of groups) {
      const wanted = !outcomes.length || outcomes.includes(group.dataset.outcome);
      let own = 0;
      const lots = new Set();
      for (const row of group.querySelectorAll("details.case")) {
        const fits = wanted && marks.every((mark) => mark in row.dataset) && (!pack || !pack.value || row.id.startsWith(pack.value + "::"))
          && (!words.length || words.every((word) => haystack(row).includes(word)));
        if (row.hidden === fits) row.hidden = !fits;
        if (fits) { own++; lots.add(row.parentElement); }
      }
      for (const lot of group.querySelectorAll(".chunk")) lot.hidden = !lots.has(lot);
      group.hidden = own === 0;
      group.querySelector(".number").textContent = own;
      count += own;
    }
    shown.textContent = count === rows.length ? "All " + count + " cases" : count + " of " + rows.length + " cases";
  };

  let waiting = 0;
  text.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  if (pack) pack.addEventListener("change", filter);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  shown.textContent = "All " + rows.length + " cases";

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      text.focus();
    } else if (event.key === "Escape" && event.target === text && text.value) {
      text.value = "";
      filter();
    }
  });

  // A link to a case opens it, whatever the filters say.
  const follow = () => {
    let name;
    try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const row = name && document.getElementById(name);
    if (row && row.closest("#coverage details")) row.closest("#coverage details").open = true;
    if (!row || !row.classList.contains("case")) return;
    if (row.hidden) {
      text.value = "";
      if (pack) pack.value = "";
      for (const chip of chips) chip.setAttribute("aria-pressed", "false");
      filter();
    }
    row.open = true;
    open(row);
    row.querySelector("summary").focus({ preventScroll: true });
    row.scrollIntoView({ block: "start" });
    // Rows on the way are laid out only now, and are not as high as was guessed.
    requestAnimationFrame(() => requestAnimationFrame(() => row.scrollIntoView({ block: "start" })));
  };
  addEventListener("hashchange", follow);
  follow();
})();
