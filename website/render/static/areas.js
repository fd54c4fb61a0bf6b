// Search of the list of area reports: the plain list is there without it.
(function () {
  "use strict";
  var box = document.getElementById("area-find");
  var said = document.getElementById("area-found");
  var rows = Array.from(document.querySelectorAll(".area-list li"));
  var shapes = Array.from(document.querySelectorAll(".area-map a"));
  document.getElementById("area-find-box").hidden = false;

  function shown() { return rows.filter(function (row) { return !row.hidden; }); }

  function find() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    var there = {};
    rows.forEach(function (row) {
      row.hidden = !words.every(function (word) { return row.dataset.find.indexOf(word) >= 0; });
      if (!row.hidden) there[row.dataset.area] = true;
    });
    document.querySelectorAll(".area-list h3").forEach(function (head) {
      head.hidden = Array.from(head.nextElementSibling.children).every(function (row) { return row.hidden; });
    });
    shapes.forEach(function (shape) { shape.classList.toggle("area-away", !there[shape.dataset.area]); });
    var n = shown().length;
    said.textContent = !words.length ? "" : n === 0 ? "No area found" :
      n === 1 ? "1 area: Enter opens it" : n + " areas: arrow keys move, Enter opens the first";
  }

  function focusRow(at) {
    var links = shown().map(function (row) { return row.querySelector(".area-link"); });
    if (at < 0) box.focus();
    else if (at < links.length) links[at].focus();
  }

  box.addEventListener("input", find);
  box.addEventListener("keydown", function (event) {
    if (event.key === "ArrowDown") { event.preventDefault(); focusRow(0); }
    else if (event.key === "Escape") { box.value = ""; find(); }
    else if (event.key === "Enter" && box.value && shown().length) shown()[0].querySelector(".area-link").click();
  });
  document.querySelector(".content").addEventListener("keydown", function (event) {
    if (!event.target.classList.contains("area-link")) return;
    var at = shown().indexOf(event.target.closest("li"));
    if (event.key === "ArrowDown") { event.preventDefault(); focusRow(at + 1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); focusRow(at - 1); }
    else if (event.key === "Escape") box.focus();
  });
  find();
})();
