/* Keys and choices of the desk of screening. */
window.dash_clientside = window.dash_clientside || {};
(function () {
  const EXITS_FROM = 2, EXITS_TO = 8;
  const none = () => window.dash_clientside.no_update;
  const list = () => document.getElementById("screening-list");
  const items = () => Array.from(list() ? list().children : []);
  const item = (uscc) => items().find((one) => one.dataset.uscc === uscc);
  const set = (id, props) => window.dash_clientside.set_props(id, props);

  /* Keys may come faster than the page is drawn, so what is chosen is remembered here; and while a
     save is under way nothing else is said of the same organisation. */
  let at = null;
  let saving = 0;
  const LONGEST = 8000;
  const busy = () => Date.now() - saving < LONGEST;

  /* What is pressed before the form has taken the one chosen is done once it has. */
  let filling = 0;
  let waiting = [];
  const SOON = 2000;

  function choose(uscc) {
    at = uscc;
    filling = Date.now();
    set("screening-at", { data: uscc });
  }

  function mark(uscc) {
    items().forEach((one) => one.setAttribute("aria-selected", String(one.dataset.uscc === uscc)));
    const here = item(uscc);
    if (here && list().scrollHeight > list().clientHeight) {
      const top = here.offsetTop - list().offsetTop;
      if (top < list().scrollTop || top + here.offsetHeight > list().scrollTop + list().clientHeight) {
        list().scrollTop = top - list().clientHeight / 3;
      }
    }
  }

  function move(step) {
    const all = items();
    const next = all[all.indexOf(item(at)) + step];
    if (next && !busy()) {
      choose(next.dataset.uscc);
    }
  }

  function choose_state(number) {
    const inputs = document.querySelectorAll("#screening-state input");
    if (number <= inputs.length && !busy()) {
      inputs[number - 1].click();
      if (number >= EXITS_FROM && number <= EXITS_TO) {
        document.getElementById("screening-evidence").focus();
      }
    }
  }

  function save() {
    if (busy()) {
      return;
    }
    document.getElementById("screening-save").click();
    list().focus({ preventScroll: true });
  }

  function in_evidence(event) {
    if (event.key === "Escape") {
      list().focus({ preventScroll: true });
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      save();
    }
  }

  function on_key(event) {
    if (!list() || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const target = event.target;
    if (target.id === "screening-evidence") {
      in_evidence(event);
      return;
    }
    const radio = target.closest && target.closest("#screening-state");
    const free = target === document.body || target === list() || list().contains(target) || radio;
    if (!free) {
      return; /* Links, buttons, the calendar and the search keep their keys. */
    }
    const key = event.key.toLowerCase();
    const does = {
      arrowdown: () => move(1), j: () => move(1),
      arrowup: () => move(-1), k: () => move(-1),
      e: () => document.getElementById("screening-evidence").focus(),
      enter: save,
    };
    if (/^[1-9]$/.test(key)) {
      does[key] = () => choose_state(Number(key));
    }
    if (!does[key]) {
      return;
    }
    event.preventDefault();
    const moves = ["arrowdown", "arrowup", "j", "k"].includes(key);
    if (!moves && Date.now() - filling < SOON) {
      waiting.push(does[key]);
    } else {
      does[key]();
    }
  }

  function filled() {
    filling = 0;
    waiting.splice(0).forEach((one) => one());
  }

  document.addEventListener("keydown", on_key);
  document.addEventListener("click", function (event) {
    const here = event.target.closest && event.target.closest("#screening-list > li");
    if (event.target.closest && event.target.closest("#screening-save")) {
      saving = Date.now();
    }
    if (here && !busy()) {
      choose(here.dataset.uscc);
      if (window.matchMedia("(max-width: 960px)").matches) {
        document.getElementById("screening-name").scrollIntoView({ block: "start" });
      }
    }
  });

  window.dash_clientside.liangxin_screening = {
    /* The form takes what is known of whoever is chosen. */
    choose: function (uscc, rows) {
      const row = (rows || {})[uscc];
      if (!row) {
        return [none(), none(), none(), none(), none()];
      }
      if (uscc === at || !filling) {
        at = uscc;
        window.setTimeout(filled, 30); /* once what is returned here stands in the form */
      }
      window.requestAnimationFrame(() => mark(at));
      const lines = row.about.map((line) => ({
        type: "Li", namespace: "dash_html_components", props: { children: line },
      }));
      const radio = document.querySelectorAll("#screening-state input");
      const known = Array.from(radio).some((one) => one.value === row.state);
      return [row.name, lines, known ? row.state : null, row.evidence || "", row.seen];
    },

    /* A row that was saved is marked, and the next that was not is chosen; one that was not saved
       keeps what was typed, beside what somebody else wrote meanwhile. */
    after_save: function (saved, rows) {
      saving = 0;
      if (!saved || !saved.row) {
        return [none(), none(), none()];
      }
      const known = Object.assign({}, rows, { [saved.uscc]: saved.row });
      if (!saved.done) {
        return [known, none(), saved.row.seen];
      }
      const all = items();
      const here = item(saved.uscc);
      if (here) {
        here.dataset.now = "✓ " + saved.row.word;
      }
      const from = all.indexOf(here);
      const turn = all.slice(from + 1).concat(all.slice(0, Math.max(from, 0)));
      const next = turn.find((one) => !one.dataset.now);
      return [known, next ? next.dataset.uscc : saved.uscc, none()];
    },
  };
})();
