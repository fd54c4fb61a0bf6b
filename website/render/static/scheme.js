// Runs before the page is painted: the reader's own choice of light or dark, else the system's.
// Without scripts the media attributes of the two style sheets do the same.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  var stored = null;
  try { stored = localStorage.getItem("report-scheme"); } catch (error) { stored = null; }
  function apply(scheme) {
    document.querySelectorAll("link[data-scheme]").forEach(function (link) {
      // Paper is light whatever the screen is
      var paper = link.dataset.scheme === "light";
      link.media = link.dataset.scheme === scheme ? (paper ? "all" : "screen") : paper ? "print" : "not all";
    });
    root.dataset.scheme = scheme;
  }
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  apply(stored === "dark" || stored === "light" ? stored : dark.matches ? "dark" : "light");
  window.reportScheme = {
    get: function () { return root.dataset.scheme; },
    set: function (scheme) {
      apply(scheme);
      try { localStorage.setItem("report-scheme", scheme); } catch (error) { /* private window */ }
    },
  };
})();
