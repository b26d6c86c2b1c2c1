/* A customer's phone: draws one chat of the sandbox and writes in it. */
import { words } from "/words.js";
import { draw, make } from "/bubble.js";

const EMOJIS = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const $ = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const remembered = (key, otherwise) => asked.get(key) ?? localStorage.getItem("phone." + key) ?? otherwise;
const me = { name: remembered("name", "Ana"), phone: remembered("phone", "34600000001"), lang: remembered("lang", "es") };
if (!words[me.lang]) me.lang = "es";
let business = "", ourNumber = "", typing = false, online = true, looking = false, lookAgain = false, timer = 0;
/* What the next text is about: a message that is quoted or edited. */
let about = null;
const drawn = new Map();

const digits = (text) => text.replace(/\D/g, "");
const t = (key) => words[me.lang][key];

async function control(path, body) {
  const request = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch("/control/" + path, request);
  if (!answer.ok) throw new Error(path + ": " + answer.status);
  return answer.status === 204 ? null : answer.json();
}

const post = (path, what) => control(path, { phone: digits(me.phone), name: me.name, ...what });
const write = (message) => post("messages", { message }).catch(show);

function sheet(title, build) {
  $("sheet-title").textContent = title;
  $("sheet-items").replaceChildren(...build);
  $("sheet").showModal();
}

function choice(label, press, description) {
  const button = make("button", "", label);
  button.type = "button";
  if (description) button.append(make("small", "", description));
  button.onclick = () => { $("sheet").close(); press(); };
  return button;
}

function tap(offer) {
  control("taps", { phone: digits(me.phone), label: offer.id }).catch(show);
}

function unfold(bubble) {
  const sections = bubble.message.interactive?.action?.sections ?? [];
  const build = sections.flatMap((section) => [
    ...(section.title ? [make("h3", "", section.title)] : []),
    ...(section.rows ?? []).map((row) => choice(row.title, () => tap(row), row.description)),
  ]);
  sheet(bubble.message.interactive?.action?.button ?? "", build);
}

function menu(bubble, context) {
  const mine = bubble.from === "customer";
  const emojis = make("div", "emojis");
  for (const emoji of EMOJIS) {
    const isOn = context.own === emoji;
    const button = choice(emoji, () => write({ type: "reaction", reaction: { message_id: bubble.wamid, ...(isOn ? {} : { emoji }) } }));
    button.setAttribute("aria-pressed", String(isOn));
    emojis.append(button);
  }
  const items = [emojis, choice(t("reply"), () => turnTo({ bubble, edits: false }))];
  if (mine && bubble.kind === "text") items.push(choice(t("edit"), () => turnTo({ bubble, edits: true, text: context.edited ?? bubble.text })));
  if (mine) items.push(choice(t("remove"), () => write({ type: "revoke", revoke: { original_message_id: bubble.wamid } })));
  sheet(t("options"), items);
}

function turnTo(what) {
  about = what;
  $("about").hidden = !what;
  if (!what) return;
  $("about-text").textContent = (what.edits ? t("editing") + ": " : "") + (what.bubble.text || t("kinds")[what.bubble.kind] || "");
  if (what.edits) $("draft").value = what.text;
  $("draft").focus();
}

/* What other messages did to each: reactions, edits, deletions, answers. */
function effects(bubbles) {
  const of = new Map();
  const on = (wamid) => { if (!of.has(wamid)) of.set(wamid, {}); return of.get(wamid); };
  for (const { kind, from, message, reply_to } of bubbles) {
    const mine = from === "customer";
    if (kind === "reaction") on(message.reaction?.message_id)[mine ? "own" : "theirs"] = message.reaction?.emoji || undefined;
    if (kind === "edit") {
      const changed = message.edit?.message ?? {};
      on(message.edit?.original_message_id).edited = changed.text?.body ?? changed[changed.type]?.caption;
    }
    if (kind === "revoke") on(message.revoke?.original_message_id).deleted = true;
    if (mine && ["interactive", "button"].includes(kind) && reply_to) on(reply_to).answered = true;
  }
  return of;
}

function drawAll(bubbles) {
  const chat = $("chat");
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const byId = new Map(bubbles.map((bubble) => [bubble.wamid, bubble]));
  const happened = effects(bubbles);
  const nodes = [], kept = new Set();
  const add = (id, key, build) => {
    let known = drawn.get(id);
    if (known?.key !== key) drawn.set(id, known = { key, node: build() });
    kept.add(id);
    nodes.push(known.node);
  };
  const tools = { t, lang: me.lang, business, tap, unfold, menu };
  let day = "", before = null;
  for (const bubble of bubbles.filter((b) => !["reaction", "edit", "revoke"].includes(b.kind))) {
    const at = new Date(bubble.at_ms);
    const today = at.toDateString() === new Date().toDateString() ? t("today") : at.toLocaleDateString(me.lang, { day: "numeric", month: "long" });
    if (today !== day) add("day " + at.toDateString(), today, () => make("div", "day", today));
    day = today;
    const effect = happened.get(bubble.wamid) ?? {};
    const reactions = [...new Set([effect.own, effect.theirs].filter(Boolean))].join("");
    const context = { ...effect, reactions, quoted: byId.get(bubble.reply_to), turns: before && before !== bubble.from };
    before = bubble.from;
    add(bubble.wamid, JSON.stringify([bubble, context, me.lang]), () => draw(bubble, context, tools));
  }
  if (!nodes.length) add("hint", me.lang, () => make("p", "hint", t("hint")));
  if (typing) add("typing", "", () => {
    const dots = make("div", "bubble typing turns");
    dots.setAttribute("aria-hidden", "true");
    dots.append(make("i"), make("i"), make("i"));
    return dots;
  });
  for (const id of drawn.keys()) if (!kept.has(id)) drawn.delete(id);
  /* Only what is new is touched: a screen reader says it once, and the focus stays. */
  let place = chat.firstChild;
  for (const node of nodes) {
    if (node === place) place = place.nextSibling;
    else chat.insertBefore(node, place);
  }
  while (place) { const next = place.nextSibling; place.remove(); place = next; }
  if (atEnd) toEnd();
}

/* Again when a picture has come and made its message taller. */
function toEnd() {
  const chat = $("chat"), down = () => { chat.scrollTop = chat.scrollHeight; };
  for (const image of chat.querySelectorAll("img")) if (!image.complete) image.addEventListener("load", down, { once: true });
  down();
}

function presence() {
  $("presence").textContent = !online ? t("offline") : typing ? t("typing") : t("account");
}

async function look() {
  if (looking) { lookAgain = true; return; }
  looking = true;
  try {
    const [info, chat] = await Promise.all([control("info"), control("transcript?phone=" + digits(me.phone))]);
    online = true;
    business = info.business_name;
    ourNumber = info.display_phone_number;
    $("business").textContent = business;
    $("face").textContent = business.trim().slice(0, 1).toUpperCase();
    typing = chat.typing;
    drawKnown(info.customers);
    drawAll(chat.bubbles ?? []);
    clearTimeout(timer);
    if (typing) timer = setTimeout(look, 2000);   /* it goes out by time alone */
  } catch (error) { show(error); }
  presence();
  looking = false;
  if (lookAgain) { lookAgain = false; look(); }
}

function drawKnown(customers) {
  $("known").replaceChildren(...customers.map((customer) => {
    const button = make("button", "", customer.name || customer.phone);
    button.type = "button";
    button.setAttribute("aria-pressed", String(customer.phone === digits(me.phone)));
    button.onclick = () => become({ phone: customer.phone, name: customer.name || me.name });
    const item = make("li");
    item.append(button);
    return item;
  }));
}

function show(error) { online = !(error instanceof TypeError); console.warn(error.message); presence(); }

function become(change) {
  Object.assign(me, change);
  for (const key of ["name", "phone", "lang"]) localStorage.setItem("phone." + key, me[key]);
  document.documentElement.lang = me.lang;
  document.title = t("title");
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  $("draft").placeholder = t("message");
  $("name").value = me.name; $("phone").value = me.phone; $("language").value = me.lang;
  turnTo(null);
  look();
}

async function send(path) {
  const text = $("draft").value.trim(), what = about;
  if (!text) return;
  $("draft").value = "";
  turnTo(null);
  const body = { type: "text", text: { body: text } };
  try {
    if (path === "voice" || !what) await post(path, { text });
    else if (what.edits) await post(path, { message: { type: "edit", edit: { original_message_id: what.bubble.wamid, message: body } } });
    else await post(path, { message: { ...body, context: { from: what.bubble.from === "customer" ? digits(me.phone) : ourNumber, id: what.bubble.wamid } } });
  } catch (error) { $("draft").value = text; turnTo(what); show(error); }
  $("chat").scrollTop = $("chat").scrollHeight;
}

async function sendFile(blob, filename) {
  const kind = blob.type === "image/webp" ? "sticker" : { image: "image", audio: "audio", video: "video" }[blob.type.split("/")[0]] ?? "document";
  const base64 = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
  const caption = ["image", "video", "document"].includes(kind) ? $("draft").value.trim() : "";
  if (caption) $("draft").value = "";
  await post("files", { kind, mime_type: blob.type || "application/octet-stream", caption, base64, ...(kind === "document" ? { filename } : {}) });
}

$("attach").onclick = () => sheet(t("attach"), [
  choice(t("photo"), () => fetch("/photo.jpg").then((answer) => answer.blob()).then((photo) => sendFile(photo, "")).catch(show)),
  choice(t("file"), () => $("file").click()),
  choice(t("place"), () => write({ type: "location", location: { latitude: 40.41678, longitude: -3.70379, name: "Puerta del Sol", address: "Madrid" } })),
]);
$("file").onchange = () => {
  const [file] = $("file").files;
  if (file) sendFile(file, file.name).catch(show);
  $("file").value = "";
};
$("sheet").onclick = (event) => { if (event.target === $("sheet")) $("sheet").close(); };
$("about-close").onclick = () => { if (about?.edits) $("draft").value = ""; turnTo(null); };
$("composer").onsubmit = (event) => { event.preventDefault(); send("messages"); $("draft").focus(); };
$("voice").onclick = () => send("voice");
$("draft").onkeydown = (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send("messages"); } };
$("name").onchange = () => become({ name: $("name").value.trim() || "Ana" });
$("phone").onchange = () => become({ phone: digits($("phone").value).length >= 7 ? digits($("phone").value) : me.phone });
$("language").onchange = () => become({ lang: $("language").value });
$("open").onclick = () => $("open").setAttribute("aria-expanded", String($("who").classList.toggle("open")));
$("chat").onclick = () => { $("who").classList.remove("open"); $("open").setAttribute("aria-expanded", "false"); };
become({});
const events = new EventSource("/control/events");
events.onmessage = look;
events.onerror = () => { online = false; presence(); };
