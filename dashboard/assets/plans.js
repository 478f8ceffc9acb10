/* Tables of the pages of plans saved as CSV, in the browser alone. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.liangxin_plans = {
  /* A cell as CSV; what a spreadsheet would take for a formula is told to be text. */
  cell: function (value) {
    const text = String(value === null || value === undefined ? "" : value);
    const safe = /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return '"' + safe.replace(/"/g, '""') + '"';
  },

  /* Rows of cells become a file; the mark before them tells Excel that it is UTF-8. */
  save: function (rows) {
    const cell = window.dash_clientside.liangxin_plans.cell;
    const text = rows.map((row) => row.map(cell).join(",")).join("\r\n");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
    link.download = document.querySelector("main h1").textContent + ".csv";
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  },

  /* Every row of the grid that the filter lets through, in its order. */
  of_grid: function () {
    const grid = window.dash_ag_grid.getApi("organisations");
    const columns = grid.getAllDisplayedColumns();
    const rows = [columns.map((column) => column.getColDef().headerName)];
    grid.forEachNodeAfterFilterAndSort(function (node) {
      rows.push(columns.map((column) => node.data[column.getColId()]));
    });
    return rows;
  },

  of_list: function () {
    const lines = Array.from(document.querySelectorAll(".plans-list tr"));
    return lines.map((line) => Array.from(line.cells).map((one) => one.textContent));
  },
};

document.addEventListener("click", function (event) {
  const button = event.target.closest("[data-export]");
  if (button) {
    const plans = window.dash_clientside.liangxin_plans;
    plans.save(button.dataset.export === "grid" ? plans.of_grid() : plans.of_list());
  }
});
