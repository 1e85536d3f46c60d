/** What the page may do: its own script and style, pictures that the user chose, and requests to this server. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Drop a picture, read the answer. */
export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>zoo serve</title>
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
<main>
  <h1>Classify a picture</h1>
  <label id="drop">Drop a picture here, or choose one
    <input id="file" type="file" accept="image/*">
  </label>
  <p><label>Model <select id="model"></select></label>
  <label id="token-label" hidden>Token <input id="token" type="password" autocomplete="off"></label></p>
  <img id="picture" alt="the picture you chose" hidden>
  <table aria-live="polite"><tbody id="answer"></tbody></table>
  <p id="problem" role="alert"></p>
</main>
</html>
`;

/** The page's looks. */
export const PAGE_STYLE = `body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 36rem; padding: 0 1rem; }
#drop { border: 2px dashed #777; border-radius: 0.5rem; display: block; padding: 2rem; text-align: center; }
#drop.over { border-color: #06c; }
#picture { display: block; margin: 1rem 0; max-height: 20rem; max-width: 100%; }
[hidden] { display: none !important; }
td { padding: 0.1rem 1rem 0.1rem 0; }
#problem { color: #b00; }
`;

/** The page's program; class names are shown as text. */
export const PAGE_SCRIPT = `const at = (id) => document.getElementById(id);
const headers = () => (at('token').value ? { authorization: 'Bearer ' + at('token').value } : {});
const readModels = async () => {
  const answer = await fetch('/v1/models', { headers: headers() });
  at('token-label').hidden = answer.status !== 401 && !at('token').value;
  if (!answer.ok) return;
  const { models } = await answer.json();
  at('model').replaceChildren(...models.map(({ name }) => new Option(name, name)));
};
const classify = async (file) => {
  at('problem').textContent = '';
  at('answer').replaceChildren();
  if (at('picture').src) URL.revokeObjectURL(at('picture').src);
  at('picture').src = URL.createObjectURL(file);
  at('picture').hidden = false;
  try {
    const answer = await fetch('/predict?model=' + encodeURIComponent(at('model').value), {
      method: 'POST', body: file, headers: { ...headers(), 'content-type': 'application/octet-stream' },
    });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error);
    for (const { className, probability } of body.predictions) {
      const row = at('answer').insertRow();
      row.insertCell().textContent = className;
      row.insertCell().textContent = (probability * 100).toFixed(2) + ' %';
    }
  } catch (error) {
    at('problem').textContent = error.message;
  }
};
at('file').addEventListener('change', () => at('file').files[0] && classify(at('file').files[0]));
at('token').addEventListener('change', readModels);
for (const name of ['dragover', 'dragleave', 'drop']) at('drop').addEventListener(name, (event) => {
  event.preventDefault();
  at('drop').classList.toggle('over', name === 'dragover');
  if (name === 'drop' && event.dataTransfer.files[0]) classify(event.dataTransfer.files[0]);
});
readModels();
`;
