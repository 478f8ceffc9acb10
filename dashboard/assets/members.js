/* What the pages of members do in the browser alone: "liangxin_members" in ClientsideFunction. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.liangxin_members = {
  /* Names go from the page at once; seeing them again is another look. */
  close_names: function (clicks) {
    return clicks ? null : window.dash_clientside.no_update;
  },

  /* A table of numbers and organisations as CSV; a cell that a workbook would work out is only text. */
  export_table: function (clicks, id) {
    const place = clicks && id && document.getElementById("members-table-" + id.table);
    const table = place && place.querySelector("table");
    if (table) {
      const cell = function (part) {
        const text = part.innerText.replace(/\s+/g, " ").trim();
        const safe = /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
        return '"' + safe.replace(/"/g, '""') + '"';
      };
      const lines = Array.from(table.rows, (row) => Array.from(row.cells, cell).join(","));
      const link = document.createElement("a");
      const file = new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv" });
      link.href = URL.createObjectURL(file);
      link.download = id.table + ".csv";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
    return window.dash_clientside.no_update;
  },
};
