// The pages of administrators and of the district office: a table written to a file, and the
// filter of the log written into the address. Nothing here asks the server.
(function () {
  "use strict";

  /** A cell for a spreadsheet: quoted, and never a formula. */
  function cell(text) {
    let plain = text.replace(/\s+/g, " ").trim();
    if (/^[=+\-@\t\r]/.test(plain) && !/^[+-]?[0-9][0-9.,%]*$/.test(plain)) {
      plain = "'" + plain;
    }
    return '"' + plain.replaceAll('"', '""') + '"';
  }

  function written(table) {
    const rows = [...table.rows].map((row) =>
      [...row.cells].map((each) => cell(each.innerText)).join(","),
    );
    return "\ufeff" + rows.join("\r\n") + "\r\n";
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-admin-export]");
    if (!button) {
      return;
    }
    const table = button.closest(".admin-table").querySelector("table");
    const file = new Blob([written(table)], { type: "text/csv;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = button.dataset.adminExport + ".csv";
    link.click();
    URL.revokeObjectURL(link.href);
  });

  const here = (window.dash_clientside = window.dash_clientside || {});
  here.liangxin_admin = {
    ask_log(clicks, by, action, from, to, about) {
      if (!clicks) {
        return here.no_update;
      }
      const asked = new URLSearchParams();
      for (const [name, value] of Object.entries({ by, action, from, to, about })) {
        if (value) {
          asked.set(name, value);
        }
      }
      return "?" + asked.toString();
    },
  };
})();
