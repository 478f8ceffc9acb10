/* Files are sent as they are, to the address their place names; what is said stands in the place. */
(function () {
  "use strict";
  const PACKAGES = /\.lxp$/i;
  const TABLES = /\.(csv|txt|tsv|xlsx|xlsm|xls|html?|gz)$/i;
  /* Seconds until a file is sent again that a register which is away could not take. */
  const AGAIN = [3, 6, 12, 24, 48];
  let list = null; /* a staff list that was judged, until it is taken or another one comes */

  function say(zone, text, kind) {
    const said = zone.querySelector(".files-drop-said");
    said.textContent = text;
    said.className = "files-drop-said" + (kind ? " files-drop-" + kind : "");
  }

  function address(zone, file, more) {
    const url = new URL(zone.dataset.url, window.location.origin);
    /* What a firm calls its staff list may name a person, and addresses are kept. */
    const ending = file.name.slice(file.name.lastIndexOf("."));
    url.searchParams.set("name", zone.dataset.kind === "roster" ? "list" + ending : file.name);
    const day = document.getElementById("files-as-of");
    if (day && !url.searchParams.has("as_of") && /^\d{4}-\d{2}-\d{2}$/.test(day.textContent)) {
      url.searchParams.set("as_of", day.textContent);
    }
    Object.entries(more || {}).forEach(([name, value]) => url.searchParams.set(name, value));
    return url;
  }

  function answered(zone, request) {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch (broken) {
      answer = {};
    }
    if (request.status === 200 && answer.at) {
      window.location.assign(answer.at);
    } else if (request.status === 200 && answer.said) {
      say(zone, "", "");
      if (answer.said.taken) {
        list = null;
      }
      window.dash_clientside.set_props("files-roster-said", { data: answer.said });
    } else if (request.status === 401) {
      say(zone, zone.dataset.signedOut, "wrong");
    } else if (request.status === 413) {
      say(zone, answer.error || zone.dataset.tooLarge, "wrong");
    } else {
      say(zone, answer.error || zone.dataset.broken, "wrong");
    }
    zone.classList.remove("files-drop-busy");
  }

  /* Nothing of it was kept there: the file stays here, and is sent again by itself. */
  function send_later(zone, file, more, tries) {
    let left = AGAIN[tries];
    const tick = function () {
      if (!document.body.contains(zone)) {
        return;
      }
      if (left > 0) {
        say(zone, zone.dataset.again.replace("{seconds}", left), "");
        left -= 1;
        window.setTimeout(tick, 1000);
        return;
      }
      zone.classList.remove("files-drop-busy");
      send(zone, file, more, tries + 1);
    };
    tick();
  }

  function send(zone, file, more, tries) {
    if (!file || zone.classList.contains("files-drop-busy")) {
      return;
    }
    const wanted = zone.dataset.kind === "package" ? PACKAGES : TABLES;
    if (!wanted.test(file.name)) {
      say(zone, zone.dataset.wrongType, "wrong");
      return;
    }
    if (file.size === 0) {
      say(zone, zone.dataset.empty, "wrong");
      return;
    }
    if (file.size > Number(zone.dataset.most)) {
      say(zone, zone.dataset.tooLarge, "wrong");
      return;
    }
    if (zone.dataset.kind === "roster") {
      list = { zone: zone, file: file };
      if (!more) {
        window.dash_clientside.set_props("files-roster-said", { data: null });
      }
    }
    zone.classList.add("files-drop-busy");
    const request = new XMLHttpRequest();
    request.open("POST", address(zone, file, more));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = function (event) {
      const whole = event.lengthComputable && event.loaded === event.total;
      const percent = Math.floor((100 * event.loaded) / (event.total || 1));
      say(zone, whole ? zone.dataset.judging : zone.dataset.sending + " " + percent + "%", "");
    };
    request.onload = function () {
      const done = tries || 0;
      if (request.status === 503 && done < AGAIN.length) {
        send_later(zone, file, more, done);
      } else {
        answered(zone, request);
      }
    };
    request.onerror = function () {
      answered(zone, request);
    };
    say(zone, zone.dataset.sending, "");
    request.send(file);
  }

  /* The list as it was sent, with the reasons: made in memory there, kept by nobody but its sender. */
  function give_back(button) {
    const zone = list.zone;
    const file = list.file;
    button.disabled = true;
    fetch(address(zone, file, { back: "1" }), {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: file,
    })
      .then(function (answer) {
        if (!answer.ok) {
          return answer.text().then(function (text) {
            answered(zone, { status: answer.status, responseText: text });
          });
        }
        return answer.blob().then(function (book) {
          const link = document.createElement("a");
          link.href = URL.createObjectURL(book);
          link.download = file.name.replace(/(\.[^.]+)?$/, "-" + button.dataset.name + ".xlsx");
          link.click();
          window.setTimeout(function () {
            URL.revokeObjectURL(link.href);
          }, 1000);
        });
      })
      .catch(function () {
        say(zone, zone.dataset.broken, "wrong");
      })
      .finally(function () {
        button.disabled = false;
      });
  }

  function zone_of(event) {
    return event.target.closest ? event.target.closest(".files-drop") : null;
  }

  document.addEventListener("click", function (event) {
    const picker = event.target.closest ? event.target.closest(".files-pick") : null;
    if (picker) {
      const zone = picker.closest(".files-drop");
      const input = document.createElement("input");
      input.type = "file";
      input.accept = ".csv,.txt,.tsv,.xlsx,.xlsm,.xls,.htm,.html,.gz";
      input.addEventListener("change", function () {
        send(zone, input.files[0]);
      });
      input.click();
    }
    const back = event.target.closest ? event.target.closest(".files-back") : null;
    if (back && list) {
      give_back(back);
    }
    const take = event.target.closest ? event.target.closest(".files-take") : null;
    if (take && list) {
      take.disabled = true;
      send(list.zone, list.file, { take: "1", confirmed: take.dataset.confirmed });
    }
  });
  document.addEventListener("dragover", function (event) {
    const zone = zone_of(event);
    if (zone) {
      event.preventDefault();
      zone.classList.add("files-drop-over");
    }
  });
  document.addEventListener("dragleave", function (event) {
    const zone = zone_of(event);
    if (zone) {
      zone.classList.remove("files-drop-over");
    }
  });
  document.addEventListener("drop", function (event) {
    const zone = zone_of(event);
    if (zone) {
      event.preventDefault();
      zone.classList.remove("files-drop-over");
      send(zone, event.dataTransfer.files[0]);
    }
  });
})();
