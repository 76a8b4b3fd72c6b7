// Putting pictures into a gallery: many at once, sent one by one while they are described, in an order that is made by
// dragging or by buttons. Without it the form takes files, numbers and ticks.

import { drag } from "./sorting.js";

export function enhance() {
  for (const editor of document.querySelectorAll("[data-gallery-editor]:not([data-ready])")) {
    editor.dataset.ready = "";
    equip(editor);
  }
}

const kinds = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"];

function equip(editor) {
  const say = editor.dataset, list = editor.querySelector(".gallery-rows"), form = editor.closest("form");
  const file = editor.querySelector("input[type=file]"), status = editor.querySelector(".gallery-status"), template = editor.querySelector("template");
  const rows = () => [...list.children];
  const shown = () => rows().filter((row) => !row.classList.contains("gallery-row-waits"));

  // The names of the fields say in which order the pictures are.
  const number = () => {
    let n = 0;
    for (const row of shown()) {
      for (const field of row.querySelectorAll("[data-part]")) field.name = `images[${n}].${field.dataset.part}`;
      row.querySelector("input[type=number]").value = "";
      n++;
    }
    rows().forEach((row, i, all) => {
      row.querySelector("[data-up]")?.setAttribute("aria-disabled", i === 0);
      row.querySelector("[data-down]")?.setAttribute("aria-disabled", i === all.length - 1);
    });
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const move = (row, before) => {
    list.insertBefore(row, before);
    number();
    status.textContent = fill(say.moved, { n: rows().indexOf(row) + 1, all: rows().length });
  };

  function tools(row) {
    row.querySelector(".gallery-move").hidden = false;
    row.querySelector(".gallery-place").hidden = true;
    const stepper = (selector, go) => row.querySelector(selector).addEventListener("click", ({ currentTarget }) => {
      go();
      currentTarget.focus(); // it has moved with its row
    });
    stepper("[data-up]", () => row.previousElementSibling && move(row, row.previousElementSibling));
    stepper("[data-down]", () => row.nextElementSibling && move(row, row.nextElementSibling.nextElementSibling));
    drag(row, list, "gallery-row-held", number);
    const tick = row.querySelector("input[type=checkbox]");
    const fade = () => row.classList.toggle("gallery-row-removed", tick.checked);
    tick.addEventListener("change", fade);
    fade();
  }
  rows().forEach(tools);
  number();

  // --- sending ---------------------------------------------------------------------------------------------

  let queue = Promise.resolve(), all = 0, done = 0, sending = null;
  const problems = [];
  const progress = () => {
    status.textContent = done < all ? fill(say.uploading, { n: done + 1, all }) : problems.join(" ") || say.uploaded;
  };

  function take(files) {
    for (const one of files) {
      if (!kinds.includes(one.type)) {
        const heic = /\.hei[cf]$/i.test(one.name);
        problems.push((heic ? say.heic : say.noPicture).replace("{name}", one.name));
      } else if (one.size > say.megabytes * (1 << 20)) {
        problems.push(say.large.replace("{name}", one.name));
      } else if (rows().length >= say.most) {
        problems.push(say.full);
        break;
      } else add(one);
    }
    progress();
  }

  function add(picture) {
    const row = document.importNode(template.content, true).firstElementChild;
    const unique = `new-${++all}-${Date.now()}`;
    for (const field of row.querySelectorAll("[id]")) field.id += unique;
    for (const label of row.querySelectorAll("label")) label.htmlFor += unique;
    row.classList.add("gallery-row-waits"); // its fields get names, and are sent, when it is there
    const bar = document.createElement("progress");
    bar.max = picture.size;
    bar.value = 0;
    bar.setAttribute("aria-label", picture.name);
    row.querySelector(".gallery-thumb").append(picture.name, bar);
    list.append(row);
    tools(row);
    number();
    queue = queue.then(() => send(row, picture, bar));
  }

  async function send(row, picture, bar) {
    progress();
    const { name, problem } = row.isConnected ? await upload(say, picture, bar) : {};
    done++;
    if (name) arrive(row, name, picture);
    else if (problem) fail(row, picture, problem);
    progress();
    if (sending && done === all) {
      const submitter = sending;
      sending = null;
      if (!list.querySelector(".gallery-row-failed")) form.requestSubmit(submitter);
    }
  }

  function arrive(row, name, picture) {
    row.querySelector("input[type=hidden]").value = name;
    row.querySelector("input[type=radio]").value = name;
    const image = Object.assign(document.createElement("img"), { alt: "", width: 256, height: 256, title: picture.name });
    image.src = `/-/images/square/${name}`;
    row.querySelector(".gallery-thumb").replaceWith(image);
    row.classList.remove("gallery-row-waits");
    number();
  }

  function fail(row, picture, problem) {
    row.classList.add("gallery-row-failed");
    const thumb = row.querySelector(".gallery-thumb"), again = document.createElement("button");
    again.type = "button";
    again.className = "button-quiet";
    again.textContent = say.again;
    again.addEventListener("click", () => {
      row.remove();
      problems.length = 0;
      add(picture);
    });
    thumb.replaceChildren(problem, again);
    problems.push(problem);
  }

  const takeChosen = () => {
    problems.length = 0;
    take(file.files);
    file.value = "";
  };
  file.addEventListener("change", takeChosen);
  if (file.files.length) takeChosen(); // chosen before this script was there

  // Whoever publishes while pictures are on their way wants to have them in there. Rows that failed are not sent.
  form.addEventListener("submit", (event) => {
    if (done === all) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    sending = event.submitter;
    status.scrollIntoView({ block: "nearest" });
  }, true);

  // --- dropping --------------------------------------------------------------------------------------------

  const hint = document.createElement("p");
  hint.className = "hint gallery-drop";
  hint.textContent = say.drop;
  file.after(hint);
  const brings = (event) => event.dataTransfer?.types.includes("Files");
  editor.addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    editor.classList.add("gallery-over");
  });
  editor.addEventListener("dragleave", (event) => {
    if (!editor.contains(event.relatedTarget)) editor.classList.remove("gallery-over");
  });
  editor.addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    editor.classList.remove("gallery-over");
    problems.length = 0;
    take(event.dataTransfer.files);
  });
}

// upload sends a picture and shows how far it is. It returns the name that it has got, or what is wrong.
function upload(say, picture, bar) {
  const body = new FormData();
  body.append("picture", picture);
  return new Promise((finish) => {
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload has come
    request.open("POST", say.upload);
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.max = total;
      bar.value = loaded;
    });
    request.addEventListener("loadend", () => {
      const { status, response } = request;
      if (status === 201 && response?.name) return finish({ name: response.name });
      // A server that has read enough of a large file hangs up, which looks like a broken line.
      const lost = status === 0 || (status === 413 && !response?.problem) ? say.lost.replace("{name}", picture.name) : "";
      finish({ problem: lost || (status === 401 ? say.signIn : `${picture.name}: ${response?.problem ?? say.failed}`) });
    });
    request.send(body);
  });
}
