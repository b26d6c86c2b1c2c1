/* How one message looks. Nothing that a message says is ever read as HTML. */

export const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

const drawing = (box, path) => {
  const name = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(name, "svg"), line = document.createElementNS(name, "path");
  svg.setAttribute("viewBox", box);
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
};

const SIGNS = {
  file: "M6 2h8l5 5v15H6zM14 2v5h5M9 12h7M9 16h7",
  person: "M12 12a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM3.5 21a8.5 7 0 0 1 17 0",
  cart: "M2 3h3l3 12h10l3-9H6M9 20.5a1 1 0 1 0 .1 0M17 20.5a1 1 0 1 0 .1 0",
  pin: "M12 22s7-7.5 7-13a7 7 0 0 0-14 0c0 5.5 7 13 7 13zM12 11.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
};

const sign = (name) => {
  const box = make("span", "sign");
  if (name) box.append(drawing("0 0 24 24", SIGNS[name]));
  return box;
};

const MARKS = /```([\s\S]+?)```|`([^`\n]+)`|(?<![\p{L}\p{N}])\*(\S(?:[^*\n]*\S)?)\*(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])_(\S(?:[^_\n]*\S)?)_(?![\p{L}\p{N}])|(?<![\p{L}\p{N}])~(\S(?:[^~\n]*\S)?)~(?![\p{L}\p{N}])|(https?:\/\/[^\s<>]+[^\s<>.,;:!?)])/gu;

/* WhatsApp's mark-up. */
function marked(text) {
  const whole = document.createDocumentFragment();
  let from = 0;
  for (const found of text.matchAll(MARKS)) {
    whole.append(text.slice(from, found.index));
    const [, block, mono, bold, italic, strike, link] = found;
    if (block ?? mono) whole.append(make("code", "", block ?? mono));
    else if (link) { const a = make("a", "", link); a.href = link; a.rel = "noopener noreferrer"; a.target = "_blank"; whole.append(a); }
    else { const node = make(bold ? "b" : italic ? "i" : "s"); node.append(marked(bold ?? italic ?? strike)); whole.append(node); }
    from = found.index + found[0].length;
  }
  whole.append(text.slice(from));
  return whole;
}

/* Where the bytes of a file are: with the sandbox, or on the web. */
const source = (about) => {
  if (about?.id) return "/control/media/" + encodeURIComponent(about.id);
  return /^https?:\/\//.test(about?.link ?? "") ? about.link : null;
};

function picture(about, className, label) {
  const image = make("img", className);
  image.alt = label;
  image.referrerPolicy = "no-referrer";
  image.src = source(about) ?? "data:,";
  image.onerror = () => image.replaceWith(make("div", "lost " + className, label));
  return image;
}

function voice(about, t) {
  const box = make("div", "voice"), button = make("button", "play"), bars = make("div", "bars"), time = make("span", "note", "0:00");
  const sound = new Audio();
  sound.preload = "metadata";
  const PLAY = "M4 2l10 6-10 6z", PAUSE = "M4 2h3v12H4zM9 2h3v12H9z";
  const show = () => {
    button.replaceChildren(drawing("0 0 16 16", sound.paused ? PLAY : PAUSE));
    button.setAttribute("aria-label", t(sound.paused ? "play" : "pause"));
    const length = Number.isFinite(sound.duration) ? sound.duration : 0;
    const at = sound.paused && !sound.currentTime ? length : sound.currentTime;
    time.textContent = Math.floor(at / 60) + ":" + String(Math.floor(at % 60)).padStart(2, "0");
    const played = length ? sound.currentTime / length : 0;
    [...bars.children].forEach((bar, i) => bar.classList.toggle("played", i / bars.children.length < played));
  };
  button.type = "button";
  button.onclick = (event) => { event.stopPropagation(); if (sound.paused) sound.play().catch(show); else sound.pause(); };
  for (const happening of ["loadedmetadata", "timeupdate", "play", "pause", "ended"]) sound.addEventListener(happening, show);
  for (let i = 0; i < 26; i++) { const bar = make("i"); bar.style.height = 22 + 70 * Math.abs(Math.sin(i * 1.7) * Math.cos(i * .6)) + "%"; bars.append(bar); }
  box.append(button, bars, time);
  show();
  /* As a whole: how long a recording is stands at its end. */
  const address = source(about);
  if (about?.id) fetch(address).then((answer) => answer.blob()).then((file) => { sound.src = URL.createObjectURL(file); }).catch(() => {});
  else if (address) sound.src = address;
  return box;
}

function card(className, symbol, title, ...lines) {
  const box = make("div", "card " + className), text = make("div");
  text.append(make("strong", "", title), ...lines.filter(Boolean).map((line) => make("small", "", line)));
  box.append(sign(symbol), text);
  return box;
}

const money = (amount, currency, lang) => {
  try { return new Intl.NumberFormat(lang, { style: "currency", currency }).format(amount); }
  catch { return amount + " " + currency; }
};

function order(about, t, lang) {
  const box = make("div", "order"), items = about?.product_items ?? [];
  for (const item of items) {
    const line = make("div");
    line.append(make("span", "", item.quantity + " × " + item.product_retailer_id), make("span", "", money(item.item_price * item.quantity, item.currency, lang)));
    box.append(line);
  }
  const sum = items.reduce((sum, item) => sum + item.item_price * item.quantity, 0), line = make("div", "sum");
  line.append(make("span", "", t("total")), make("span", "", money(sum, items[0]?.currency ?? "EUR", lang)));
  box.append(line);
  return box;
}

/* What a message holds beside its text. */
function contents(bubble, t, lang) {
  const { kind, message } = bubble, about = message[kind], label = t("kinds")[kind] ?? kind;
  switch (kind) {
    case "image": return [picture(about, "photo", label)];
    case "sticker": return [picture(about, "sticker", label)];
    case "video": { const film = make("video", "photo"); film.controls = true; film.preload = "metadata"; film.src = source(about) ?? ""; return [film]; }
    case "audio": return [voice(about, t)];
    case "document": {
      const file = card("", "file", about?.filename ?? label, (about?.filename?.split(".").pop() ?? "").toUpperCase());
      const link = make("a", "plain"), address = source(about);
      if (address) { link.href = address; link.target = "_blank"; link.rel = "noopener noreferrer"; }
      link.append(file);
      return [link];
    }
    case "location": {
      const map = make("div", "map");
      map.append(sign("pin"));
      const where = Number(about?.latitude).toFixed(4) + ", " + Number(about?.longitude).toFixed(4);
      return [map, card("flat", "", about?.name ?? label, about?.address, where)];
    }
    case "contacts": return (Array.isArray(about) ? about : []).map((one) => card("", "person", one.name?.formatted_name ?? label, one.phones?.[0]?.phone, one.org?.company));
    case "order": return [card("flat", "cart", label), order(about, t, lang), ...(about?.text ? [make("div", "text", about.text)] : [])];
    case "unsupported": return [make("div", "note", t("unsupported"))];
    case "text": case "template": case "button": case "interactive": return [];
    default: return [make("div", "note", label)];
  }
}

function ticks(status, t) {
  const box = make("span");
  const svg = drawing("0 0 21 15", status === "accepted" ? "M4 8l4 4 8-9" : "M2 8l4 4 8-9M10 11l1 1 8-9");
  if (status === "read") svg.classList.add("read");
  box.append(svg, make("span", "unseen", t(status === "sent" ? "accepted" : status) ?? ""));
  return box;
}

function choices(bubble, context, tap, unfold) {
  if (!bubble.offers.length) return null;
  const box = make("div", "choices");
  const add = (label, press) => {
    const button = make("button", "", label);
    button.type = "button";
    button.disabled = context.answered || bubble.status === "failed";
    button.onclick = (event) => { event.stopPropagation(); press(); };
    box.append(button);
  };
  if (bubble.offers[0].kind === "row") add("☰ " + (bubble.message.interactive?.action?.button ?? ""), () => unfold(bubble));
  else for (const offer of bubble.offers) add(offer.title, () => tap(offer));
  return box;
}

/* `context` is what other messages did to this one: quoted, reactions, answered, edited, deleted, turns. */
export function draw(bubble, context, { t, lang, business, tap, unfold, menu }) {
  if (bubble.kind === "system") return make("div", "day", t("changed"));
  const mine = bubble.from === "customer", failed = bubble.status === "failed";
  const node = make("div", ["bubble", mine && "mine", failed && "failed", context.turns && "turns", bubble.kind === "sticker" && "bare"].filter(Boolean).join(" "));
  node.append(make("span", "unseen", (mine ? t("you") : business) + ": "));
  if (bubble.from === "business_phone") node.append(make("div", "note", t("phoneNote")));
  if (context.deleted) node.append(make("div", "text gone", "⊘ " + t(mine ? "deletedMine" : "deletedTheirs")));
  else {
    const { context: about, referral, interactive } = bubble.message;
    if (about?.forwarded || about?.frequently_forwarded) node.append(make("div", "note", "↪ " + t("forwarded")));
    if (referral) node.append(make("div", "quote", t("ad") + ": " + (referral.headline ?? "")));
    if (about?.referred_product) node.append(make("div", "quote", t("product") + ": " + about.referred_product.product_retailer_id));
    if (context.quoted) node.append(make("div", "quote", context.quoted.text || t("kinds")[context.quoted.kind] || context.quoted.kind));
    const header = interactive?.header;
    if (header?.image) node.append(picture(header.image, "photo", t("kinds").image));
    if (header?.document) node.append(card("", "file", header.document.filename ?? t("kinds").document));
    if (header?.text) node.append(make("div", "head", header.text));
    node.append(...contents(bubble, t, lang));
    const shown = context.edited ?? (["document", "location"].includes(bubble.kind) ? bubble.message[bubble.kind]?.caption : bubble.text);
    if (shown) { const text = make("div", "text"); text.append(marked(shown)); node.append(text); }
    if (interactive?.footer?.text) node.append(make("div", "note", interactive.footer.text));
    const link = interactive?.action?.parameters;
    if (/^https?:\/\//.test(link?.url ?? "")) { const a = make("a", "", link.display_text); a.href = link.url; a.target = "_blank"; a.rel = "noopener noreferrer"; node.append(a); }
  }
  if (failed) node.append(make("div", "note", "⚠ " + [t("failed"), bubble.error, t("reasons")[bubble.error]].filter(Boolean).join(" · ")));
  const meta = make("div", "meta");
  if (context.edited && !context.deleted) meta.append(make("span", "", t("edited")));
  meta.append(make("span", "", new Date(bubble.at_ms).toLocaleTimeString(lang, { hour: "2-digit", minute: "2-digit" })));
  if (mine) meta.append(ticks(bubble.status, t));
  node.append(meta);
  const options = context.deleted ? null : choices(bubble, context, tap, unfold);
  if (options) node.append(options);
  if (context.reactions) node.append(make("span", "reaction", context.reactions));
  if (!failed && !context.deleted) {
    const more = make("button", "more");
    more.type = "button";
    more.setAttribute("aria-label", t("options"));
    more.append(drawing("0 0 12 12", "M2 4l4 4 4-4"));
    more.onclick = () => menu(bubble, context);
    node.append(more);
  }
  return node;
}
