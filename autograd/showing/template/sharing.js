// To take away: a link to this step, and the picture as it is now.

// The step and the leaves that were changed, as the address's last part: #step=4&x3=7.5
function toHash() {
  const changed = leaves.flatMap((x, k) => (isLeaf(k) && !Object.is(x, python[k]) ? [`x${k}=${exact(x)}`] : []));
  return `#${[`step=${step}`, ...changed].join("&")}`;
}

function fromHash() {
  const parts = new URLSearchParams(location.hash.slice(1));
  if (!/^\d+$/.test(parts.get("step") ?? "")) return;
  const given = (k) => (isLeaf(k) && !computation.fixed ? typed(parts.get(`x${k}`) ?? "") : undefined);
  leaves = python.map((x, k) => given(k) ?? x);
  recompute();
  go(Number(parts.get("step")));
}

async function link() {
  location.hash = toHash();
  try {
    await navigator.clipboard.writeText(location.href);
    told("link", "Copied");
  } catch {
    told("link", "In the address"); // a frame, or a browser that forbids it
  }
}

function told(id, text) {
  const button = find(id);
  button.dataset.name ??= button.textContent;
  button.textContent = text;
  setTimeout(() => (button.textContent = button.dataset.name), 1500);
}

const LOOKS = [
  "fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "visibility", "paint-order",
  "font-family", "font-size", "font-weight", "text-anchor",
];

// The whole picture as the text of an SVG file, which knows no style sheet of this page.
function pictureText() {
  const [width, height] = drawn.layout.size.map((size) => size + 24);
  const copy = svg.cloneNode(true);
  const originals = svg.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((element, k) => {
    const looks = getComputedStyle(originals[k]);
    const kept = LOOKS.map((name) => `${name}:${looks.getPropertyValue(name)}`);
    element.setAttribute("style", kept.join(";"));
    for (const name of ["class", "id", "role", "tabindex", "aria-label", "aria-hidden"]) element.removeAttribute(name);
  });
  const paper = getComputedStyle(document.body).backgroundColor;
  copy.prepend(make("rect", { x: -12, y: -12, width, height, fill: paper }));
  for (const { name } of [...copy.attributes]) copy.removeAttribute(name);
  const size = { viewBox: `-12 -12 ${width} ${height}`, width, height };
  for (const [name, content] of Object.entries(size)) copy.setAttribute(name, content);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

function download(blob, ending) {
  const name = nodes[output].name.replace(/[^\p{L}\p{N}_]+/gu, "_").slice(0, 40) || "graph";
  const anchor = make("a", { href: URL.createObjectURL(blob), download: `${name}-step-${step}.${ending}` });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 10000);
}

const saveSvg = () => download(new Blob([pictureText().text], { type: "image/svg+xml" }), "svg");

function savePng() {
  const { text, width, height } = pictureText();
  const scale = Math.min(2, 8000 / Math.max(width, height)); // browsers bound a canvas
  const canvas = make("canvas", { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
  const image = new Image();
  image.onload = () => {
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(blob, "png"));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
}
