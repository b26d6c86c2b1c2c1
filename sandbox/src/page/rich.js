/* Rich text and blocks of Notion as elements, and rich text as the marks that people type. Never as HTML. */

export function make(name, kind, text) {
  const node = document.createElement(name);
  if (kind) node.className = kind;
  if (text !== undefined) node.textContent = text;
  return node;
}

/* Only addresses that a browser may follow. */
export function safe(url) {
  return /^(https?:|mailto:|tel:)/i.test(url ?? "") ? url : null;
}

export function link(url, text, kind) {
  const where = safe(url);
  if (!where) return make("span", kind, text);
  const node = make("a", kind, text);
  node.href = where;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}

export function rich(items) {
  return (items ?? []).map((item) => {
    const style = item.annotations ?? {};
    let node = item.href ? link(item.href, item.plain_text) : make("span", "", item.plain_text);
    for (const [key, tag] of [["code", "code"], ["bold", "b"], ["italic", "i"], ["strikethrough", "s"], ["underline", "u"]]) {
      if (!style[key]) continue;
      const outer = make(tag);
      outer.append(node);
      node = outer;
    }
    return node;
  });
}

/* The other way round of what the desk does with marks. */
export function marked(items) {
  return (items ?? []).map((item) => {
    const style = item.annotations ?? {};
    let text = item.plain_text;
    if (item.href) text = `[${text}](${item.href})`;
    if (style.code) text = "`" + text + "`";
    if (style.italic) text = `*${text}*`;
    if (style.strikethrough) text = `~~${text}~~`;
    if (style.bold) text = `**${text}**`;
    return text;
  }).join("");
}

const LISTS = { bulleted_list_item: "ul", numbered_list_item: "ol" };

export function blocks(list) {
  const nodes = [];
  let open = null;
  for (const block of list ?? []) {
    const tag = LISTS[block.type];
    if (!tag) open = null;
    else if (open?.localName !== tag) nodes.push(open = make(tag));
    (tag ? open : { append: (node) => nodes.push(node) }).append(draw(block));
  }
  return nodes;
}

function draw(block) {
  const content = block[block.type] ?? {};
  const text = (tag, kind) => {
    const node = make(tag, kind);
    node.append(...rich(content.rich_text), ...blocks(block.children));
    return node;
  };
  switch (block.type) {
    case "heading_1": case "heading_2": case "heading_3": return text("h4");
    case "bulleted_list_item": case "numbered_list_item": return text("li");
    case "quote": return text("blockquote");
    case "callout": return text("div", "callout");
    case "code": return text("pre");
    case "divider": return make("hr");
    case "bookmark": return link(content.url, content.url, "file");
    case "to_do": {
      const node = make("p");
      node.append(content.checked ? "☑ " : "☐ ", ...rich(content.rich_text));
      return node;
    }
    case "toggle": {
      const node = make("details");
      const summary = make("summary");
      summary.append(...rich(content.rich_text));
      node.append(summary, ...blocks(block.children));
      return node;
    }
    case "image": case "file": case "pdf": case "video": case "audio": return file(block.type, content);
    default: return text("p");
  }
}

function file(kind, content) {
  const url = content.external?.url ?? content.file?.url;
  const caption = (content.caption ?? []).map((item) => item.plain_text).join("");
  const named = content.name || caption || decodeURIComponent(new URL(url, location).pathname.split("/").pop() || kind);
  if (kind === "image" && safe(url)) {
    const image = make("img");
    image.src = url;
    image.alt = caption || named;
    return image;
  }
  return attachment(url, named);
}

/* A file that can be opened. */
export function attachment(url, name) {
  const node = link(url, "", "file");
  node.append(sign("M8 12.5l6.2-6.2a3 3 0 014.3 4.3L10 19a5 5 0 01-7-7l8-8"), make("span", "", name));
  return node;
}

export function sign(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
