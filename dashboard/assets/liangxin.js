/* The few lines that run in the browser. Python names them in ClientsideFunction("liangxin", …). */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.liangxin = {
  /* A chosen day becomes part of the address; the address asks for the page. */
  ask_for_day: function (day, shown, search) {
    if (!day || day === shown) {
      return window.dash_clientside.no_update;
    }
    const query = new URLSearchParams(search || "");
    query.set("as_of", day);
    return "?" + query.toString();
  },

  /* So do the two days that are compared. */
  ask_for_span: function (from, to, shown, search) {
    if (!from || !to || !shown || (from === shown[0] && to === shown[1])) {
      return window.dash_clientside.no_update;
    }
    const query = new URLSearchParams(search || "");
    query.set("from", from);
    query.set("to", to);
    return "?" + query.toString();
  },

  /* A resident's number (GB 11643), as liangxin.ids.resident_id.stands_in tells it. */
  is_a_person: function (text) {
    const shape = /[1-8]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]/;
    const whole = new RegExp("(?:^|[^0-9A-Z])(" + shape.source + ")(?![0-9A-Z])", "g");
    const plain = text.normalize("NFKC").toUpperCase().replace(/([0-9])[\s-]+(?=[0-9X])/g, "$1");
    return Array.from(plain.matchAll(whole)).some(function (found) {
      const sum = Array.from(found[1]).reduce(function (total, each, at) {
        return total + (each === "X" ? 10 : Number(each)) * (Math.pow(2, 17 - at) % 11);
      }, 0);
      return sum % 11 === 1;
    });
  },

  /* What is searched for becomes part of the address, too. */
  search: function (text, address) {
    const query = new URLSearchParams(address || "");
    const asked = (text || "").trim();
    const refused = document.getElementById("search-refused");
    if (refused) {
      refused.hidden = !window.dash_clientside.liangxin.is_a_person(asked);
      if (!refused.hidden) {
        return window.dash_clientside.no_update;
      }
    }
    if ((query.get("q") || "") === asked) {
      return window.dash_clientside.no_update;
    }
    if (asked) {
      query.set("q", asked);
    } else {
      query.delete("q");
    }
    return "?" + query.toString();
  },

  /* The quick filter of a list of organisations. */
  filter_organisations: function (text, options) {
    /* It stands in the address for the way back and for a bookmark; nothing is asked anew. */
    const query = new URLSearchParams(window.location.search);
    const asked = (text || "").trim();
    const kept = document.querySelector(".filter-kept");
    if (asked && kept && !window.dash_clientside.liangxin.is_a_person(asked)) {
      query.set("f", asked);
    } else {
      query.delete("f");
    }
    const search = query.toString();
    const place = window.location.pathname + (search ? "?" + search : "");
    if (place !== window.location.pathname + window.location.search) {
      window.history.replaceState(window.history.state, "", place);
    }
    return Object.assign({}, options, { quickFilterText: text || "" });
  },

  /* The window is named after the page, for tabs, bookmarks and history. */
  name_window: function () {
    window.requestAnimationFrame(function () {
      const brand = document.querySelector(".brand");
      const heading = document.querySelector("main h1");
      const parts = [heading, brand].filter(Boolean).map((part) => part.textContent);
      document.title = parts.join(" · ");
    });
  },
};

/* Cells of lists, by the names that Python gives them (cellRenderer). */
window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};
window.dashAgGridComponentFunctions.OrganisationLink = function (cell) {
  const address = cell.address.replace("{uscc}", encodeURIComponent(cell.data.uscc));
  return window.React.createElement("a", { href: address }, cell.value);
};
