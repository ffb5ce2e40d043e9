"use strict";
(function () {
  function plain(text) {
    return text.replace(/\u2212/g, "-").replace(/[\u00a0\u2007\u2009\u200a\u202f]/g, " ").replace(/\s+/g, " ").trim();
  }
  function tabbed(table) {
    return Array.from(table.rows, function (row) {
      return Array.from(row.cells, function (cell) { return plain(cell.textContent); }).join("\t");
    }).join("\n");
  }
  function fallback(text) {
    var area = document.createElement("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("not copied"));
  }
  function copied(text) {
    var board = navigator.clipboard;
    return board ? board.writeText(text).catch(function () { return fallback(text); }) : fallback(text);
  }
  document.querySelectorAll(".wide table").forEach(function (table) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy table";
    button.addEventListener("click", function () {
      copied(tabbed(table)).then(
        function () { button.textContent = "Copied"; },
        function () { button.textContent = "Not copied: select it and press Ctrl-C"; }
      );
    });
    table.parentNode.after(button);
  });
  document.addEventListener("copy", function (event) {
    var text = String(window.getSelection());
    if (!event.clipboardData || !text || event.target.nodeName === "TEXTAREA") { return; }
    event.clipboardData.setData("text/plain", text.replace(/\u2212/g, "-").replace(/[\u00a0\u2007\u2009\u200a\u202f]/g, " "));
    event.preventDefault();
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (one) { one.open = true; });
  });
})();
