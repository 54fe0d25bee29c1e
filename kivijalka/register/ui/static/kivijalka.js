// What the pages gain from a script: keys, and the focus where it is needed. Everything works without it.
const KEYS = "kivijalka-keys";
const jump = document.getElementById("jump");
const dialog = document.getElementById("keys");
const box = document.getElementById("keys-on");

// A browser that keeps nothing still lets people use the page: then the keys are on.
function stored() {
  try {
    return localStorage.getItem(KEYS);
  } catch {
    return null;
  }
}

function store(value) {
  try {
    localStorage.setItem(KEYS, value);
  } catch {
    // The choice lasts for this page only.
  }
}

function keysOn() {
  return box ? box.checked : stored() !== "off";
}

function isTyping(element) {
  return element.isContentEditable || element.matches("input:not([type=checkbox], [type=radio]), select, textarea");
}

function focusSearch() {
  const quick = document.querySelector("[data-key='/']");
  const found = quick?.checkVisibility() ? quick : document.querySelector("main input[type=search]");
  found?.focus();
  return Boolean(found);
}

// The first link of each row, so that Enter opens it without any help.
function rowLinks() {
  const rows = document.querySelectorAll("table[data-rows] tbody tr, ul[data-rows] > li");
  return [...rows].map((row) => row.querySelector("a")).filter(Boolean);
}

function step(by) {
  const links = rowLinks();
  if (!links.length) return false;
  const row = document.activeElement.closest("tr, li");
  const at = links.findIndex((link) => link.closest("tr, li") === row);
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1);
  links[next].focus();
  links[next].closest("tr, li").scrollIntoView({ block: "nearest" });
  return true;
}

// Where a page is one of several in a row, the keys lead to its neighbours.
function turn(key) {
  const link = document.querySelector(`a[data-step="${key}"]`);
  link?.click();
  return Boolean(link);
}

function openKeys() {
  if (!dialog || dialog.open) return false;
  dialog.showModal();
  return true;
}

// Ctrl-K: any record, page or form, by its words; the arrows walk through what was found.
function openJump() {
  if (!jump || document.querySelector("dialog[open]")) return false;
  jump.showModal();
  jump.querySelector("input").select();
  return true;
}

jump?.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  const stops = [...jump.querySelectorAll("input[type=search], #jump-found a")];
  stops[Math.min(Math.max(stops.indexOf(document.activeElement) + by, 0), stops.length - 1)]?.focus();
  event.preventDefault();
});

// Escape: an open filter closes, then the record beside the list.
function close() {
  const open = document.querySelector("details[name][open]");
  const back = document.querySelector("[data-close]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (back) {
    closeSide(back);
  }
  return Boolean(open || back);
}

function closeSide(back) {
  const row = document.querySelector("[data-rows] [aria-current]");
  history.replaceState(null, "", back.getAttribute("href"));
  back.closest("#side").replaceChildren();
  document.getElementById("side").removeAttribute("class");
  row?.removeAttribute("aria-current");
  row?.focus();
}

document.addEventListener("click", (event) => {
  const back = event.target.closest("[data-close]");
  if (back && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    closeSide(back);
  }
  for (const open of document.querySelectorAll("details[name][open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

document.addEventListener("htmx:after:swap", () => {
  const arrived = document.querySelector("[data-arrives]");
  if (!arrived) return;
  arrived.removeAttribute("data-arrives");
  arrived.focus();
  const here = new URLSearchParams(location.search).get("show");
  for (const link of document.querySelectorAll("[data-rows] th a")) {
    if (here && link.search.includes(here)) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
});

// A hint is not asked for without a connection, and nobody misses it.
document.addEventListener("htmx:before:request", (event) => {
  if (!navigator.onLine && event.detail.ctx.sourceElement.matches("[data-hint]")) event.preventDefault();
});

// A part that could not be fetched says so where it would stand, and offers to try again.
function tellNotFetched({ detail: { ctx } }) {
  const notice = document.getElementById("not-fetched")?.content.firstElementChild.cloneNode(true);
  if (!notice || !ctx?.target?.isConnected || ctx.target.matches("[data-hint]")) return;
  forget(ctx.target);
  if (ctx.target.matches("datalist")) ctx.target.after(notice);
  else ctx.target.replaceChildren(notice);
  const { sourceElement: source, target, swap } = ctx;
  const again = notice.querySelector("button");
  again.addEventListener("click", () => htmx.ajax("GET", ctx.request.action, { source, target, swap }));
  if (source.matches("a")) again.focus();
}

function forget(target) {
  if (target.nextElementSibling?.matches(".kj-not-fetched")) target.nextElementSibling.remove();
}

document.addEventListener("htmx:error", tellNotFetched);
document.addEventListener("htmx:response:error", tellNotFetched);
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => ctx?.target && forget(ctx.target));

// Without a connection nothing is sent into the void: the page says so and keeps what was typed.
const offline = document.querySelector(".kj-offline");
const tellOffline = (text) => {
  if (offline) offline.textContent = text;
};
window.addEventListener("offline", () => tellOffline(offline?.dataset.waits));
window.addEventListener("online", () => tellOffline(""));
document.addEventListener("submit", (event) => {
  if (navigator.onLine || event.target.method === "dialog") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  tellOffline(offline?.dataset.unsent);
}, true);

// A day is typed, whatever the browser's language; its calendar is there to pick from.
function pickDay(button) {
  const input = button.parentElement.querySelector("input");
  const calendar = document.createElement("input");
  calendar.type = "date";
  calendar.tabIndex = -1;
  calendar.setAttribute("aria-hidden", "true");
  const [day, month, year] = input.value.split(".");
  calendar.value = year ? [year, month.padStart(2, "0"), day.padStart(2, "0")].join("-") : input.value;
  button.parentElement.querySelector("[type=date]")?.remove();
  button.after(calendar);
  calendar.addEventListener("change", () => {
    input.value = calendar.value.split("-").reverse().map(Number).join(".");
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  });
  calendar.showPicker();
}

for (const button of document.querySelectorAll("[data-pick]")) {
  button.hidden = false;
  button.addEventListener("click", () => pickDay(button));
}

// Whoever opens the box of units types next; "toggle" does not bubble.
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.open) event.target.querySelector("[data-opened]")?.focus();
  },
  true,
);

// Rows to change together: all of a page at once, and how many are ticked.
const ticks = document.querySelector("[data-ticks]");

function rowTicks() {
  return [...document.querySelectorAll("input[form=many][name=row]")];
}

function countTicks() {
  const ticked = rowTicks().filter((tick) => tick.checked).length;
  document.querySelector("[data-ticked]").textContent = ticked ? ` (${ticked})` : "";
  const all = ticks.querySelector("input");
  all.checked = ticked === rowTicks().length;
  all.indeterminate = ticked > 0 && !all.checked;
}

function tick() {
  const box = document.activeElement.closest("tr")?.querySelector("input[form=many]");
  box?.click();
  return Boolean(box);
}

if (ticks) {
  ticks.hidden = false;
  ticks.addEventListener("change", ({ target }) => {
    for (const tick of rowTicks()) tick.checked = target.checked;
    countTicks();
  });
  document.addEventListener("change", (event) => event.target.matches("input[form=many]") && countTicks());
  // A browser that goes back remembers what was ticked.
  window.addEventListener("pageshow", countTicks);
}

// A file that is too large is told before it is sent.
document.addEventListener("change", ({ target }) => {
  if (!target.matches("input[type=file][data-most]")) return;
  const isLarge = [...target.files].some((file) => file.size > Number(target.dataset.most));
  target.setCustomValidity(isLarge ? target.dataset.large : "");
  target.reportValidity();
});

const ACTIONS = { "/": focusSearch, "?": openKeys, j: () => turn("j") || step(1), k: () => turn("k") || step(-1), x: tick };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    if (openJump()) event.preventDefault();
    return;
  }
  if (event.key === "Escape" && !document.querySelector("dialog[open]") && close()) return;
  if (event.ctrlKey || event.metaKey || !keysOn() || document.querySelector("dialog[open]") || isTyping(event.target)) return;
  if (Object.hasOwn(ACTIONS, event.key) && ACTIONS[event.key]()) event.preventDefault();
});

if (box) {
  box.checked = stored() !== "off";
  box.addEventListener("change", () => store(box.checked ? "on" : "off"));
}
for (const button of document.querySelectorAll("[data-keys]")) {
  button.hidden = false;
  button.addEventListener("click", openKeys);
}
document.querySelector("[data-focus]")?.focus();

// What is typed is kept on the server, never in the browser, and never a password.
function keepTyped(form) {
  const told = form.querySelector("[data-lost]");
  let timer = null;
  let isNew = false;
  // Said aloud once a minute, not at every word.
  const tell = (text) => {
    if (told.textContent !== text) told.textContent = text;
  };
  const stop = () => {
    clearTimeout(timer);
    timer = null;
  };
  async function keep() {
    stop();
    if (!isNew) return;
    isNew = false;
    const typed = new FormData(form);
    for (const input of form.querySelectorAll("input[type=password], input[type=file]")) typed.delete(input.name);
    typed.set("key", typed.get("once"));
    typed.set("address", new URL(form.action).pathname);
    typed.delete("once");
    try {
      const body = new URLSearchParams(typed);
      const answer = await fetch(form.dataset.drafts, { method: "POST", body, keepalive: true });
      // The form's key is over.
      if (answer.status === 404) return tell(told.dataset.old);
      if (!answer.ok) throw new Error(answer.status);
      tell(await answer.text());
    } catch {
      isNew = true;
      tell(told.dataset.lost);
    }
  }
  form.addEventListener("input", () => {
    isNew = true;
    timer ??= setTimeout(keep, 1000);
  });
  form.addEventListener("submit", () => {
    isNew = false;
    stop();
  });
  window.addEventListener("pagehide", keep);
  window.addEventListener("online", keep);
}

for (const form of document.querySelectorAll("form[data-drafts]")) keepTyped(form);
document.addEventListener("htmx:after:swap", () => {
  for (const form of document.querySelectorAll("#talk form[data-drafts]")) keepTyped(form);
});
