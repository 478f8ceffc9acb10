/* What the server refused or did not answer is told in a bar over the page; what was typed stays. */
(function () {
  "use strict";
  const QUESTION = "/_dash-update-component";
  const ask = window.fetch;

  function bar() {
    return document.getElementById("unanswered");
  }

  function tell(sentence, isSignedOut) {
    const place = bar();
    if (!place) {
      return;
    }
    place.querySelector(".unanswered-said").textContent = sentence || place.dataset.silent;
    const door = place.querySelector(".unanswered-door");
    const here = window.location.pathname + window.location.search;
    door.href = door.dataset.door + "?next=" + encodeURIComponent(here);
    door.hidden = !isSignedOut;
    place.hidden = false;
  }

  function hush() {
    const place = bar();
    if (place) {
      place.hidden = true;
    }
  }

  async function said(answer) {
    try {
      return (await answer.clone().json()).error;
    } catch (broken) {
      return "";
    }
  }

  window.fetch = async function (what, how) {
    const address = typeof what === "string" ? what : what.url || String(what);
    if (!new URL(address, window.location.href).pathname.endsWith(QUESTION)) {
      return ask.call(window, what, how);
    }
    let answer;
    try {
      answer = await ask.call(window, what, how);
    } catch (broken) {
      if (!broken || broken.name !== "AbortError") {
        tell("", false);
      }
      throw broken;
    }
    if (answer.ok) {
      hush();
    } else {
      tell(await said(answer), answer.status === 401);
    }
    return answer;
  };

  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest(".unanswered-close")) {
      hush();
    }
  });
})();
