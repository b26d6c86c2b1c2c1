/* The specialists' desk: the board of one database of the sandbox's Notion, and the ticket that is open. */
import { make } from "/rich.js";
import { openTicket } from "/ticket.js";

const $ = (id) => document.getElementById(id);
const STATE = "Estado";
let board = null, tickets = [], opened = null, looking = false, lookAgain = false, drawn = "";
let me = localStorage.getItem("desk.me") ?? "";

export async function control(path, body) {
  const request = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch("/control/desk" + path, request);
  const told = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(told?.error ?? "El escritorio no responde (" + answer.status + ")");
  return told;
}

export const act = (ticket, what) => control("", { ticket, person: me, ...what });

let quiet = 0;
export function say(text) {
  $("said").textContent = text;
  $("said").classList.add("on");
  clearTimeout(quiet);
  quiet = setTimeout(() => $("said").classList.remove("on"), 4500);
}

export function age(ms) {
  const minutes = Math.max(0, Math.round((Date.now() - ms) / 60000));
  if (minutes < 1) return "ahora";
  if (minutes < 60) return `hace ${minutes} min`;
  if (minutes < 60 * 24) return `hace ${Math.floor(minutes / 60)} h`;
  return `hace ${Math.floor(minutes / 60 / 24)} d`;
}

export function pill(name, color, kind = "") {
  const node = make("span", "pill " + kind, name);
  node.style.background = `var(--c-${/^[a-z]+$/.test(color ?? "") ? color : "default"})`;
  return node;
}

export function face(name) {
  const initials = name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  const node = make("span", "face", initials);
  node.title = name;
  return node;
}

/* The database whose tickets are drawn: the newest one with a state, or any. */
function database() {
  const all = board?.databases ?? [];
  return all.findLast((d) => d.properties.some((p) => p.name === STATE)) ?? all.at(-1);
}

export const property = (name) => database()?.properties.find((p) => p.name === name);
export const people = () => board?.people ?? [];

function card(ticket) {
  const node = make("button", "card");
  node.type = "button";
  node.draggable = true;
  node.ondragstart = (event) => event.dataTransfer.setData("text/plain", ticket.id);
  node.setAttribute("aria-current", String(opened === ticket.id));
  node.append(make("strong", "", ticket.title || "Sin pregunta"));
  const facts = make("div", "row");
  const told = (name) => ticket.properties[name];
  for (const name of ["Motivo", "Aprendizaje"]) {
    const option = property(name)?.options.find((o) => o.name === told(name));
    if (option) facts.append(pill(option.name, option.color));
  }
  const faces = (told("Asignado") ?? "").split(", ").filter(Boolean).map(face);
  if (faces.length) {
    const them = make("span", "faces");
    them.append(...faces);
    facts.append(them);
  }
  if (facts.childNodes.length) node.append(facts);
  const row = make("div", "row");
  row.append(make("span", "", told("Celular") ?? ""), make("span", "age", age(ticket.created_ms).replace("hace ", "")));
  node.append(row);
  node.onclick = () => show(ticket.id);
  return node;
}

function column(name, color, cards) {
  const node = make("section", "column");
  const head = make("h2");
  head.append(pill(name || "Sin estado", color, "dot"), make("span", "", String(cards.length)));
  const list = make("div", "cards");
  list.append(...cards.map(card));
  node.append(head, list);
  node.ondragover = (event) => { event.preventDefault(); node.classList.add("over"); };
  node.ondragleave = () => node.classList.remove("over");
  node.ondrop = (event) => {
    event.preventDefault();
    node.classList.remove("over");
    const id = event.dataTransfer.getData("text/plain");
    act(id, { sets: { property: STATE, value: name } }).catch((error) => say(error.message));
  };
  return node;
}

function draw() {
  const seek = $("seek").value.trim().toLowerCase();
  const here = database();
  const mine = tickets.filter((t) => t.data_source === here?.data_source && !t.in_trash);
  const found = mine.filter((t) => !seek || Object.values(t.properties).join(" ").toLowerCase().includes(seek));
  /* Ages change too, but not so often that a board must be drawn again for them alone. */
  const key = JSON.stringify([here, found.map((t) => [t.id, t.title, t.properties, Math.floor((Date.now() - t.created_ms) / 60000)]), opened, board?.people]);
  if (key === drawn) return;
  drawn = key;
  if (here?.title) document.title = $("title").textContent = here.title;
  $("count").textContent = mine.length === 1 ? "1 ticket" : mine.length + " tickets";
  const options = property(STATE)?.options ?? [];
  const with_ = (name) => found.filter((t) => (t.properties[STATE] ?? "") === name);
  const columns = options.map((option) => column(option.name, option.color, with_(option.name)));
  const without = found.filter((t) => !options.some((o) => o.name === t.properties[STATE]));
  if (without.length) columns.unshift(column("", "default", without));
  const before = [...$("board").querySelectorAll(".cards")].map((list) => list.scrollTop);
  const focused = document.activeElement?.closest?.(".card") ? [...$("board").querySelectorAll(".card")].indexOf(document.activeElement) : -1;
  const left = $("board").scrollLeft;
  $("board").replaceChildren(...(mine.length ? columns : []));
  $("board").scrollLeft = left;
  $("board").querySelectorAll(".cards").forEach((list, at) => { list.scrollTop = before[at] ?? 0; });
  if (focused >= 0) $("board").querySelectorAll(".card")[focused]?.focus({ preventScroll: true });
  $("nothing").hidden = mine.length > 0;
  const names = people();
  if (!names.includes(me)) me = names[0] ?? "";
  $("me").replaceChildren(...names.map((name) => new Option(name, name, false, name === me)));
}

async function look() {
  if (looking) { lookAgain = true; return; }
  looking = true;
  try {
    [board, tickets] = await Promise.all([control(""), control("/tickets")]);
    $("paused").hidden = !board.button.is_paused;
    draw();
    if (opened) await openTicket($("ticket"), opened, close);
  } catch (error) {
    say(error.message);
  } finally {
    looking = false;
    if (lookAgain) { lookAgain = false; look(); }
  }
}

function show(id) {
  opened = id;
  history.replaceState(null, "", "#" + id);
  $("ticket").hidden = $("shade").hidden = false;
  openTicket($("ticket"), id, close).then(() => $("ticket").querySelector(".close")?.focus()).catch((error) => { say(error.message); close(); });
  draw();
}

function close() {
  const before = opened;
  opened = null;
  history.replaceState(null, "", location.pathname);
  $("ticket").hidden = $("shade").hidden = true;
  $("ticket").replaceChildren();
  draw();
  const at = tickets.find((t) => t.id === before);
  [...document.querySelectorAll(".card")].find((c) => c.querySelector("strong").textContent === at?.title)?.focus();
}

$("seek").oninput = draw;
$("me").onchange = () => { me = $("me").value; localStorage.setItem("desk.me", me); };
$("resume").onclick = () => control("/webhooks", { resume: true }).then(() => say("El botón vuelve a avisar.")).catch((error) => say(error.message));
$("shade").onclick = close;
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && opened) close(); });
/* What the database has must be known before a ticket can be drawn. */
look().then(() => { if (location.hash.length > 30) show(location.hash.slice(1)); });
new EventSource("/control/events").onmessage = look;
setInterval(draw, 30000);
