// A file is sent as soon as it is chosen, and the page says how far it is. Where that does not work, it goes with the form.

export function enhance(part) {
  const input = part.querySelector("[type=file]"), stored = part.querySelector("[name=stored]"), line = part.querySelector(".upload-progress");
  const bar = line.querySelector("progress"), words = line.querySelector("span"), form = input.form;
  let request, submitter;

  const say = (text, share) => {
    line.hidden = false;
    bar.hidden = share === undefined;
    bar.value = share ?? 0;
    words.textContent = text;
  };

  const finish = (sent) => {
    request = undefined;
    const button = submitter;
    submitter = undefined;
    if (button && sent) form.requestSubmit(button);
  };

  const take = () => {
    request?.abort();
    const file = input.files[0];
    if (!file) return;
    const data = new FormData(), current = new XMLHttpRequest();
    data.append("file", file);
    request = current;
    current.responseType = "json";
    current.upload.addEventListener("progress", ({ loaded, total }) => {
      if (request === current && total) say(`${part.dataset.sending}: ${file.name}, ${Math.round((100 * loaded) / total)} %`, loaded / total);
    });
    current.addEventListener("load", () => {
      const answer = current.response, sent = current.status === 201;
      if (sent) {
        stored.value = answer.stored;
        say(`${part.dataset.done}: ${answer.name} (${answer.about})`);
      } else {
        say(answer?.problem ?? part.dataset.failed);
      }
      if (sent || answer?.problem) input.value = ""; // what was refused would be refused again
      finish(sent);
    });
    current.addEventListener("error", () => {
      say(part.dataset.failed);
      finish(true); // the form takes it along
    });
    current.open("POST", part.dataset.fileUpload);
    current.send(data);
    say(`${part.dataset.sending}: ${file.name}`, 0);
  };
  input.addEventListener("change", take);
  take(); // it may have been chosen before this script was there

  // Whoever sends the form while the file is on its way need not click again.
  form.addEventListener("submit", (event) => {
    if (!request) return;
    event.preventDefault();
    submitter = event.submitter;
  });
}
