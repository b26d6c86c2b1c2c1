/* One ticket: its properties, the answer that is being typed, what was learned, the content, the comments. */
import { act, age, control, face, people, pill, property, say } from "/desk.js";
import { attachment, blocks, link, make, marked, rich, sign } from "/rich.js";

const ANSWER = "Respuesta", LEARNED = "Propuesta", LEARNING = "Aprendizaje", STATE = "Estado";
const FIRST = ["Estado", "Asignado", "Celular", "Motivo", "Resumen", "Conversación", "Entrega", "Negocio"];
const SAVE_AFTER_MS = 350;
const LINK = "M10 14a4 4 0 005.7 0l3-3a4 4 0 00-5.7-5.7l-1 1M14 10a4 4 0 00-5.7 0l-3 3a4 4 0 005.7 5.7l1-1";
const LIST = "M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01";
const CLIP = "M8 12.5l6.2-6.2a3 3 0 014.3 4.3L10 19a5 5 0 01-7-7l8-8";

/* The parts of the ticket that is on the screen, and what has been drawn of each. */
let parts = null;

export async function openTicket(panel, id, close) {
  const whole = await control("/tickets/" + id);
  if (parts?.id !== id || !panel.childNodes.length) parts = frame(panel, id, close);
  const values = whole.page.properties;
  parts.when.textContent = "Creado " + age(whole.ticket.created_ms) + " · editado " + age(whole.ticket.edited_ms);
  parts.title.textContent = whole.ticket.title || "Sin pregunta";
  const about = [values, people(), property(STATE)?.options];
  part("facts", about, () => facts(id, values, FIRST.filter((name) => name === STATE || isTold(values[name]))));
  const rest = Object.keys(values).filter((name) => ![ANSWER, LEARNED, LEARNING].includes(name));
  part("more", about, () => facts(id, values, rest.filter((name) => name !== STATE && (!FIRST.includes(name) || !isTold(values[name])))));
  for (const editor of parts.editors) editor.shows(values);
  learning(values);
  part("body", whole.blocks.map((b) => [b.id, b.last_edited_time, b[b.type]?.rich_text, b.children.length]), () => content(whole.blocks));
  part("comments", whole.comments, () => whole.ticket.comments.map(comment));
}

/* Draws a part again only when what it shows has changed. */
function part(name, about, build) {
  const key = JSON.stringify(about, (key, value) => (["file", "expiry_time"].includes(key) ? undefined : value));
  if (parts.keys[name] === key) return;
  parts.keys[name] = key;
  const focused = parts[name].contains(document.activeElement) ? [...parts[name].querySelectorAll("button, select")].indexOf(document.activeElement) : -1;
  parts[name].replaceChildren(...build());
  if (focused >= 0) parts[name].querySelectorAll("button, select")[focused]?.focus();
}

function button(text, kind, press) {
  const node = make("button", kind, text);
  node.type = "button";
  node.onclick = press;
  return node;
}

function frame(panel, id, close) {
  const bar = make("div", "bar");
  const shut = button("✕", "icon close", close);
  shut.setAttribute("aria-label", "Cerrar");
  const when = make("span", "grow");
  bar.append(when, shut);
  const inside = make("div", "inside");
  const title = make("h2"), list = make("dl", "facts"), body = make("div", "body"), comments = make("div");
  const others = make("details", "others"), more = make("dl", "facts");
  others.append(make("summary", "", "Más propiedades"), more);
  const made = { id, when, title, facts: list, more, body, comments, keys: {}, editors: [] };
  inside.append(title, list);
  if (property(ANSWER)) inside.append(answer(made, id));
  if (property(LEARNED)) inside.append(learn(made, id));
  inside.append(others, make("h3", "", "Contenido de la página"), body, make("h3", "", "Comentarios"), comments, noteForm(id));
  panel.replaceChildren(bar, inside);
  return made;
}

/* What belongs above the answer: what can be changed here, and what is not empty. */
function isTold(given) {
  if (!given) return false;
  const content = given[given.type];
  return given.type === "people" || (Array.isArray(content) ? content.length > 0 : Boolean(content));
}

function facts(id, values, names) {
  const shown = names.filter((name) => values[name] && !["title", "button"].includes(values[name].type));
  return shown.flatMap((name) => {
    const dd = make("dd");
    dd.append(...value(id, name, values[name]));
    return [make("dt", "", name), dd];
  });
}

function value(id, name, given) {
  const content = given[given.type];
  const empty = () => [make("span", "empty", "Vacío")];
  switch (given.type) {
    case "select": case "status":
      if (name === STATE) return [choice(id, name, content?.name ?? "")];
      return content ? [pill(content.name, content.color)] : empty();
    case "multi_select": return content.length ? content.map((option) => pill(option.name, option.color)) : empty();
    case "people": return [assigned(id, name, content.map((person) => person.name))];
    case "rich_text": return content.length ? rich(content) : empty();
    case "url": return content ? [link(content, content)] : empty();
    case "email": return content ? [link("mailto:" + content, content)] : empty();
    case "phone_number": return content ? [link("tel:" + content, content)] : empty();
    case "checkbox": return [make("span", "", content ? "Sí" : "No")];
    case "files": return content.length ? content.map((file) => attachment(file.external?.url ?? file.file?.url, file.name)) : empty();
    case "unique_id": return [make("span", "", [content.prefix, content.number].filter(Boolean).join("-"))];
    case "date": return content ? [make("span", "", content.start)] : empty();
    case "created_time": case "last_edited_time": return [make("span", "", new Date(content).toLocaleString("es", { dateStyle: "medium", timeStyle: "short" }))];
    case "created_by": case "last_edited_by": return [make("span", "", content.name ?? "—")];
    default: return content === null || content === undefined ? empty() : [make("span", "", String(content))];
  }
}

function choice(id, name, now) {
  const select = make("select");
  select.setAttribute("aria-label", name);
  const options = property(name)?.options.map((option) => option.name) ?? [];
  if (!options.includes(now)) options.unshift(now);
  select.append(...options.map((option) => new Option(option || "Vacío", option, false, option === now)));
  select.onchange = () => act(id, { sets: { property: name, value: select.value } }).catch((error) => say(error.message));
  return select;
}

function assigned(id, name, now) {
  const list = make("div", "people");
  for (const person of [...new Set([...people(), ...now])]) {
    const isOn = now.includes(person);
    const node = button("", "", () => {
      const those = isOn ? now.filter((other) => other !== person) : [...now, person];
      act(id, { assigns: { property: name, people: those } }).catch((error) => say(error.message));
    });
    node.append(face(person), person);
    node.setAttribute("aria-pressed", String(isOn));
    list.append(node);
  }
  return list;
}

/* A text box that saves what is typed as it is typed: half an answer is really there in the page. */
function editor(id, name, area, tell) {
  let saved = null, timer = 0, saving = Promise.resolve();
  const save = () => {
    clearTimeout(timer);
    timer = 0;
    const text = area.value;
    if (text === saved) return saving;
    saved = text;
    tell("Guardando…");
    const now = saving.then(() => act(id, { writes: { property: name, markdown: text } }));
    saving = now.then(() => tell("Guardado en Notion, sin enviar"), (error) => { saved = null; tell(error.message); });
    return saving;
  };
  area.oninput = () => { clearTimeout(timer); timer = setTimeout(save, SAVE_AFTER_MS); };
  area.onblur = save;
  const shows = (values) => {
    const text = marked(values[name]?.rich_text);
    if (timer || text === area.value || (document.activeElement === area && area.value !== saved)) return;
    if (document.activeElement === area && saved !== null) return;
    area.value = saved = text;
  };
  return { shows, save };
}

function answer(made, id) {
  const box = make("section", "answer");
  const head = make("div", "head"), foot = make("div", "foot");
  const area = make("textarea"), label = make("label", "", ANSWER), state = make("span", "state", "Nada sale hasta que pulses Enviar");
  area.id = "answer";
  label.htmlFor = "answer";
  area.placeholder = "Escribe aquí la respuesta para el cliente…";
  const editing = editor(id, ANSWER, area, (text) => { state.textContent = text; });
  made.editors.push(editing);
  const around = (before, after = before) => () => {
    const { selectionStart: from, selectionEnd: to, value: text } = area;
    area.setRangeText(before + text.slice(from, to) + after, from, to, "end");
    area.focus();
    area.oninput();
  };
  const file = make("input");
  file.type = "file";
  file.hidden = true;
  file.onchange = () => attach(id, file).catch((error) => say(error.message));
  const tools = [["N", "Negrita", around("**")], ["C", "Cursiva", around("*")], [LINK, "Enlace", around("[", "](https://)")], [LIST, "Lista", around("\n- ", "")], [CLIP, "Adjuntar", () => file.click()]];
  head.append(label, ...tools.map(([mark, name, press]) => {
    const node = button(mark.length === 1 ? mark : "", name.toLowerCase(), press);
    if (mark.length > 1) node.append(sign(mark));
    node.title = name;
    node.setAttribute("aria-label", name);
    return node;
  }), file);
  const release = async (what, node) => {
    node.disabled = true;
    try {
      await editing.save();
      const { webhook_status: status } = await act(id, what);
      const isTold = status >= 200 && status < 300;
      state.textContent = isTold ? "Entregado a Relevo" : "Marcado para enviar; Relevo lo recogerá en su próxima revisión";
      say(isTold ? "Enviado. Relevo lo entrega al cliente." : "Marcado para enviar.");
    } catch (error) {
      say(error.message);
    }
    node.disabled = false;
  };
  const send = button("Enviar", "main", () => release({ presses_send: {} }, send));
  const both = "Enviar y cerrar";
  const last = button(both, "plain", () => release({ presses: { property: STATE, option: both } }, last));
  foot.append(state);
  if (property(STATE)?.options.some((option) => option.name === both)) foot.append(last);
  foot.append(send);
  box.append(head, area, foot);
  return box;
}

async function attach(id, input) {
  const file = input.files[0];
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  await act(id, { attaches: { filename: file.name, mime_type: file.type || "application/octet-stream", base64: btoa(text) } });
  input.value = "";
  say("Adjuntado a la página.");
}

function learn(made, id) {
  const box = make("section", "learn");
  const words = make("p"), state = make("span", "state"), area = make("textarea"), foot = make("div", "foot");
  area.setAttribute("aria-label", LEARNED);
  const editing = editor(id, LEARNED, area, (text) => { state.textContent = text; });
  made.editors.push(editing);
  const decide = (label, kind) => {
    const node = button(label, kind, async () => {
      try {
        await editing.save();
        await act(id, { presses: { property: LEARNING, option: label } });
        say(label === "Aprobar" ? "Aprobado: el asistente lo usará." : "Descartado.");
      } catch (error) {
        say(error.message);
      }
    });
    return node;
  };
  foot.append(decide("Aprobar", "main"), decide("Descartar", "plain"), state);
  box.append(words, area, foot);
  Object.assign(made, { learn: box, learnWords: words, learnFoot: foot });
  return box;
}

function learning(values) {
  if (!parts.learn) return;
  const state = values[LEARNING]?.select, text = values[LEARNED]?.rich_text ?? [];
  parts.learn.hidden = !text.length && !state;
  parts.learnFoot.hidden = Boolean(state) && !["Propuesto", "Rechazado"].includes(state.name);
  const key = JSON.stringify(state);
  if (parts.keys.learn === key) return;
  parts.keys.learn = key;
  parts.learnWords.replaceChildren(make("b", "", "Lo que el asistente aprendería de esta respuesta "), ...(state ? [pill(state.name, state.color)] : []));
}

function content(list) {
  return list.length ? blocks(list) : [make("p", "empty", "La página está vacía.")];
}

function comment(note) {
  const node = make("div", "comment");
  const head = make("div");
  head.append(make("b", "", note.author), " ", make("small", "", age(note.at_ms)));
  node.append(face(note.author), head, make("div", "", note.text));
  return node;
}

function noteForm(id) {
  const form = make("form", "note");
  const input = make("input"), send = make("button", "plain", "Comentar");
  input.placeholder = "Añade un comentario…";
  input.setAttribute("aria-label", "Comentario");
  form.append(input, send);
  form.onsubmit = (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    act(id, { comments: { text } }).then(() => { input.value = ""; }).catch((error) => say(error.message));
  };
  return form;
}
