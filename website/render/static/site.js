// Menu, light and dark, tabs, contents highlighting and search. The page reads without it.
(function () {
  "use strict";
  var byId = function (id) { return document.getElementById(id); };
  var all = function (selector, from) { return Array.from((from || document).querySelectorAll(selector)); };

  // Light and dark
  var toggle = byId("scheme-toggle");
  function label() {
    var dark = window.reportScheme.get() === "dark";
    toggle.setAttribute("aria-pressed", String(dark));
    toggle.setAttribute("aria-label", "Dark colours");
    toggle.querySelector(".tool-text").textContent = dark ? "Light" : "Dark";
  }
  toggle.hidden = false;
  label();
  toggle.addEventListener("click", function () {
    window.reportScheme.set(window.reportScheme.get() === "dark" ? "light" : "dark");
    label();
  });

  // Menu on small screens
  var menu = byId("menu-toggle");
  menu.hidden = false;
  function openMenu(open) {
    document.documentElement.classList.toggle("menu-open", open);
    menu.setAttribute("aria-expanded", String(open));
  }
  menu.addEventListener("click", function () {
    openMenu(menu.getAttribute("aria-expanded") !== "true");
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && menu.getAttribute("aria-expanded") === "true") {
      openMenu(false);
      menu.focus();
    }
  });

  // Tabs: arrows move, Home and End jump
  all(".panel-tabset").forEach(function (set) {
    var tabs = all(".nav-tabs .nav-link", set);
    function choose(tab, focus) {
      tabs.forEach(function (other) {
        var on = other === tab;
        other.classList.toggle("active", on);
        other.setAttribute("aria-selected", String(on));
        other.tabIndex = on ? 0 : -1;
        byId(other.getAttribute("aria-controls")).classList.toggle("active", on);
      });
      if (focus) tab.focus();
    }
    tabs.forEach(function (tab, at) {
      tab.addEventListener("click", function () { choose(tab, false); });
      tab.addEventListener("keydown", function (event) {
        var to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        choose(tabs[(to + tabs.length) % tabs.length], true);
      });
    });
  });

  // A link to something inside a closed tab or callout opens it
  function reveal() {
    var target = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (var node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
      if (node.classList.contains("tab-pane") && !node.classList.contains("active")) byId(node.id + "-tab").click();
    }
    target.scrollIntoView();
  }
  window.addEventListener("hashchange", reveal);
  reveal();

  // Boxes that scroll sideways can be reached by keyboard
  function markScrollers() {
    all(".table-scroll, pre, .figure-box").forEach(function (box) {
      if (box.scrollWidth > box.clientWidth + 1) {
        // A group and no region: a page may have twenty, and landmarks are for finding one's way
        var number = box.querySelector(".float-number") || (box.closest("figure") || box).querySelector(".float-number");
        var what = box.tagName === "PRE" ? "Code" : number ? number.textContent.replace(":", "") : "Table";
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", what + ", scrolls sideways");
      } else {
        box.removeAttribute("tabindex");
        box.removeAttribute("role");
        box.removeAttribute("aria-label");
      }
    });
  }
  // On a phone a chart may be made larger than the screen, in a box of its own that scrolls
  all("main figure > img, main figure p > img, main figure .cell-output img").forEach(function (image) {
    var box = document.createElement("div"), button = document.createElement("button");
    var number = (image.closest("figure") || document).querySelector(".float-number");
    box.className = "figure-box";
    image.replaceWith(box);
    box.append(image);
    button.type = "button";
    button.className = "figure-larger";
    button.textContent = "Larger chart";
    if (number) button.setAttribute("aria-label", "Larger chart, " + number.textContent.replace(":", ""));
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", function () {
      button.setAttribute("aria-pressed", String(box.classList.toggle("larger")));
      markScrollers();
    });
    box.after(button);
  });
  markScrollers();
  window.addEventListener("resize", markScrollers);

  // On paper nothing is folded away but the code
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = all("main details:not([open]):not(.code-fold)");
    opened.forEach(function (part) { part.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (part) { part.open = false; });
  });

  // Table of contents follows the reading
  var entries = all("#TOC a").map(function (link) {
    return { link: link, heading: byId(decodeURIComponent(link.hash.slice(1))) };
  }).filter(function (entry) { return entry.heading; });
  var waiting = false;
  function follow() {
    waiting = false;
    var now = entries[0];
    entries.forEach(function (entry) {
      if (entry.heading.getBoundingClientRect().top < 120) now = entry;
    });
    var end = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 2;
    if (end && window.scrollY > 0) now = entries[entries.length - 1];
    entries.forEach(function (entry) {
      entry.link.classList.toggle("active", entry === now);
      if (entry === now) entry.link.setAttribute("aria-current", "location");
      else entry.link.removeAttribute("aria-current");
    });
  }
  if (entries.length) {
    follow();
    window.addEventListener("scroll", function () {
      if (!waiting) { waiting = true; requestAnimationFrame(follow); }
    }, { passive: true });
  }

  // Search: the index is a script, because a page opened from a drive may not fetch
  var box = byId("search-box");
  if (!box) return;
  var list = byId("search-results");
  var root = document.body.dataset.root || "";
  var at = -1;
  box.closest(".search").hidden = false;
  function load(then) {
    if (window.searchIndex) { then(); return; }
    if (load.waiting) { load.waiting = then; return; }
    load.waiting = then;
    var script = document.createElement("script");
    script.src = root + "site_libs/search-index.js";
    script.onload = function () { load.waiting(); };
    document.head.appendChild(script);
  }
  function find(words) {
    return window.searchIndex.map(function (entry) {
      var page = entry[1].toLowerCase(), title = entry[2].toLowerCase(), text = entry[3].toLowerCase();
      var score = 0;
      var found = words.every(function (word) {
        var hit = (title.indexOf(word) >= 0 ? 8 : 0) + (page.indexOf(word) >= 0 ? 3 : 0) + (text.indexOf(word) >= 0 ? 1 : 0);
        score += hit;
        return hit > 0;
      });
      return { entry: entry, score: found ? score : 0 };
    }).filter(function (hit) { return hit.score > 0; })
      .sort(function (a, b) { return b.score - a.score; }).slice(0, 8);
  }
  function excerpt(text, word) {
    var place = text.toLowerCase().indexOf(word);
    var from = place > 40 ? text.indexOf(" ", place - 40) + 1 : 0;
    return (from > 0 ? "… " : "") + text.slice(from, from + 110) + (from + 110 < text.length ? " …" : "");
  }
  function line(css, text) {
    var span = document.createElement("span");
    span.className = css;
    span.textContent = text;
    return span;
  }
  function close() {
    list.hidden = true;
    at = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }
  function show() {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    list.textContent = "";
    at = -1;
    box.removeAttribute("aria-activedescendant");
    if (!words.length) { close(); return; }
    var hits = find(words);
    hits.forEach(function (hit, i) {
      var item = document.createElement("li");
      item.id = "search-result-" + i;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      var link = document.createElement("a");
      link.href = root + hit.entry[0];
      link.tabIndex = -1;
      link.append(line("result-title", hit.entry[2] || hit.entry[1]), line("result-page", hit.entry[1]),
        line("result-text", excerpt(hit.entry[3], words[0])));
      item.append(link);
      list.append(item);
    });
    if (!hits.length) {
      var none = document.createElement("li");
      none.className = "no-result";
      none.setAttribute("role", "option");
      none.setAttribute("aria-disabled", "true");
      none.textContent = "Nothing found";
      list.append(none);
    }
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
  }
  function move(step) {
    var items = all("li[id]", list);
    if (!items.length) return;
    at = (at + step + items.length) % items.length;
    items.forEach(function (item, i) { item.setAttribute("aria-selected", String(i === at)); });
    box.setAttribute("aria-activedescendant", items[at].id);
    items[at].scrollIntoView({ block: "nearest" });
  }
  box.addEventListener("focus", function () { load(function () { if (box.value) show(); }); });
  box.addEventListener("input", function () { load(show); });
  box.addEventListener("keydown", function (event) {
    if (event.key === "ArrowDown") { event.preventDefault(); move(1); }
    else if (event.key === "ArrowUp") { event.preventDefault(); move(-1); }
    else if (event.key === "Escape") { close(); }
    else if (event.key === "Enter") {
      var link = all("li[id] a", list)[Math.max(at, 0)];
      if (link && !list.hidden) { event.preventDefault(); close(); location.href = link.href; }
    }
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest(".search")) close();
  });
  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); box.focus(); }
  });
})();
