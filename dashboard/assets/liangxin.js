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

  /* What is searched for becomes part of the address, too. */
  search: function (text, address) {
    const query = new URLSearchParams(address || "");
    const asked = (text || "").trim();
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
