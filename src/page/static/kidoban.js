// Makes the pages a little better where script runs; every page is whole without it.

for (const field of document.querySelectorAll('input[data-reveal]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'reveal';
  button.setAttribute('aria-controls', field.id);
  const show = (shown) => {
    field.type = shown ? 'text' : 'password';
    button.textContent = shown ? field.dataset.hide : field.dataset.reveal;
    button.setAttribute('aria-pressed', String(shown));
  };
  button.addEventListener('click', () => {
    show(field.type === 'password');
    field.focus();
  });
  show(false);
  field.after(button);
  // A password manager must never see it sent as ordinary text.
  field.form?.addEventListener('submit', () => show(false));
}

// One press is one answer.
for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = 'yes';
  });
}
addEventListener('pageshow', (event) => {
  if (event.persisted) for (const form of document.forms) delete form.dataset.sent;
});

// A moment is told in the reader's own time zone and way of writing.
const moment = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });
for (const time of document.querySelectorAll('time[datetime]')) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) time.textContent = moment.format(at);
}

// A wait is counted down where the person looks.
for (const wait of document.querySelectorAll('[data-wait]')) {
  const until = Date.now() + Number(wait.dataset.wait) * 1000;
  const submit = wait.closest('main').querySelector('button[type=submit]');
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    wait.textContent = left > 0 ? String(left) : '';
    if (submit) submit.disabled = left > 0;
    if (left > 0) setTimeout(tick, 500);
  };
  tick();
}

// A page that only passes an answer on (OAuth's form_post) does so by itself.
document.querySelector('form[data-auto-submit]')?.requestSubmit();
