/* Any table or grid of a page copied, or written to a file; in the browser alone. */
(function () {
  "use strict";

  /** What is told in one line; what a spreadsheet would work out is told to be text. */
  function plain(text) {
    const told = String(text === null || text === undefined ? "" : text).replace(/\s+/g, " ").trim();
    const isNumber = /^[+-]?[0-9][0-9.,%]*$/.test(told);
    return /^[=+\-@]/.test(told) && !isNumber ? "'" + told : told;
  }

  function ofTable(table) {
    return [...table.rows].map((row) => [...row.cells].map((cell) => plain(cell.innerText)));
  }

  /** Every row that the filter lets through, in its order. */
  function ofGrid(id) {
    const grid = window.dash_ag_grid.getApi(id);
    const columns = grid.getAllDisplayedColumns();
    const rows = [columns.map((column) => plain(column.getColDef().headerName))];
    grid.forEachNodeAfterFilterAndSort(function (node) {
      rows.push(columns.map((column) => plain(node.data[column.getColId()])));
    });
    return rows;
  }

  function rowsOf(place) {
    return place.dataset.grid ? ofGrid(place.dataset.grid) : ofTable(place.querySelector("table"));
  }

  function nameOf(place) {
    const section = place.closest("section, article");
    const near = section && section.querySelector("h2, h3");
    const heading = document.querySelector("main h1");
    const parts = [heading, near].filter(Boolean).map((part) => part.textContent);
    return place.dataset.name || [...new Set(parts)].join(" ").replace(/[\\/:*?"<>|]/g, "-");
  }

  function save(rows, name) {
    const quoted = (cell) => '"' + cell.replaceAll('"', '""') + '"';
    const text = rows.map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    // The mark before them tells Excel that it is UTF-8.
    link.href = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
    link.download = name + ".csv";
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async function copy(rows) {
    const text = rows.map((row) => row.join("\t")).join("\n");
    if (navigator.clipboard) {
      return navigator.clipboard.writeText(text);
    }
    // A browser lends its clipboard to no page that came over plain HTTP.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }

  document.addEventListener("click", async function (event) {
    const button = event.target.closest && event.target.closest("[data-take]");
    const place = button && button.closest(".taken");
    if (!place) {
      return;
    }
    if (button.dataset.take === "file") {
      save(rowsOf(place), nameOf(place));
      return;
    }
    await copy(rowsOf(place));
    const word = button.textContent;
    button.textContent = button.dataset.done;
    window.setTimeout(() => (button.textContent = word), 2000);
  });
})();
