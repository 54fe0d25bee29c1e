// An answer of a workshop that could not be sent is kept on this device and sent again, once and as whoever gave it.
const KEPT = "kivijalka-answer";
const form = document.querySelector("form[data-answer]");
const tell = (text) => {
  if (form) form.querySelector("[data-waits]").textContent = text;
};

// One place for each answer: whose it is (the form's key begins with its person), and to what.
const giver = (fields) => new Map(fields).get("once")?.split(".")[0];
const place = (answer) => [KEPT, giver(answer.fields), answer.action].join(" ");

// What the acting person gave on this device. What somebody else gave waits for them.
function kept() {
  const mine = `${KEPT} ${giver([...new FormData(form)])} `;
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(mine)).map((key) => JSON.parse(localStorage.getItem(key)));
  } catch {
    return [];
  }
}

function keep(answer) {
  try {
    localStorage.setItem(place(answer), JSON.stringify(answer));
  } catch {
    // A browser that keeps nothing: the answer is still on this page.
  }
}

function forget(answer) {
  try {
    localStorage.removeItem(place(answer));
  } catch {
    // Nothing was kept.
  }
}

// "sent", "unsent" (no connection), "nobody" (who is signed in here no longer), or "refused".
async function send({ action, fields }) {
  const body = new URLSearchParams(fields);
  const token = form?.querySelector("[name=csrfmiddlewaretoken]");
  if (token) body.set("csrfmiddlewaretoken", token.value);
  try {
    const answer = await fetch(action, { method: "POST", body, redirect: "manual", headers: { Accept: "application/json" } });
    if (answer.ok) return "sent";
    if (answer.type === "opaqueredirect") return "nobody";
    return answer.status >= 500 ? "unsent" : "refused";
  } catch {
    return "unsent";
  }
}

async function sendKept() {
  const answers = form ? kept() : [];
  for (const answer of answers) {
    tell(form.querySelector("[data-sends]").dataset.sends);
    if (isLeft(await send(answer))) return;
    forget(answer);
  }
  if (answers.length) location.assign(form.dataset.next);
}

// Whether the answer stays here for now: until there is a connection, or its giver has signed in again.
function isLeft(came) {
  if (came === "unsent") tell(form.querySelector("[data-waits]").dataset.waits);
  if (came === "nobody") location.assign(form.dataset.next);
  return came === "unsent" || came === "nobody";
}

// Before the page's own listener, which sends nothing without a connection.
window.addEventListener("submit", async (event) => {
  if (event.target !== form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const answer = { action: form.action, fields: [...new FormData(form)] };
  keep(answer);
  const came = await send(answer);
  if (isLeft(came)) return;
  forget(answer);
  if (came === "sent") location.assign(form.dataset.next);
  else form.submit();
}, true);

window.addEventListener("online", sendKept);
setInterval(sendKept, 10_000);
sendKept();
