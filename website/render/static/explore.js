// Draws a chart from each table marked "explore" when its box is first opened, and makes the table sortable.
// The table is the only source: nothing else is in the page, and without scripts it is all there is.
(function () {
  "use strict";
  var SHAPES = ["M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0Z", "M0,-7L7,0L0,7L-7,0Z", "M0,-7L7,5L-7,5Z", "M-5,-5H5V5H-5Z"];
  var DASHES = ["5 4", "", "2 3"];
  var REACH = 32; // px from a point within which the pointer finds it
  var all = function (selector, from) { return Array.from(from.querySelectorAll(selector)); };

  function make(name, attributes, text) {
    var element = document.createElement(name);
    return fill(element, attributes, text);
  }
  function draw(name, attributes, text) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, text);
  }
  function fill(element, attributes, text) {
    Object.keys(attributes || {}).forEach(function (key) { element.setAttribute(key, attributes[key]); });
    if (text !== undefined) element.textContent = text;
    return element;
  }
  function say(cell) { return cell.textContent.trim().replace(/\s+/g, " "); }
  function number(text) {
    var plain = text.replace(/[,\s£%]/g, "").replace("\u2212", "-");
    return /^[+-]?\d+(\.\d+)?$/.test(plain) ? parseFloat(plain) : null;
  }

  // What the table says: columns, and rows in the order of the page
  function read(table) {
    var heads = all("thead th", table);
    var rows = all("tbody tr", table).map(function (line, at) {
      var texts = all("th, td", line).map(say);
      return { at: at, line: line, name: texts[0], texts: texts, values: texts.map(number) };
    });
    var columns = heads.map(function (head, at) {
      var shown = rows.filter(function (row) { return row.texts[at] !== "\u2013" && row.texts[at] !== "[c]"; });
      return {
        at: at, head: head, heading: say(head),
        numeric: at > 0 && shown.length > 0 && shown.every(function (row) { return row.values[at] !== null; }),
        percent: shown.length > 0 && shown[0].texts[at].slice(-1) === "%",
      };
    });
    return { rows: rows, columns: columns, numbers: columns.filter(function (c) { return c.numeric; }) };
  }

  // The different texts, the most usual one first
  function often(texts) {
    var count = {};
    texts.forEach(function (text) { count[text] = (count[text] || 0) + 1; });
    return Object.keys(count).sort(function (a, b) { return count[b] - count[a]; });
  }

  // Round places for the marks of an axis
  function marks(low, high, count) {
    var raw = (high - low) / count || 1, size = Math.pow(10, Math.floor(Math.log10(raw)));
    var step = [1, 2, 5, 10].map(function (n) { return n * size; }).find(function (s) { return s >= raw; });
    var found = [];
    for (var n = Math.floor(low / step); n <= Math.ceil(high / step); n += 1) found.push(n * step);
    return found;
  }
  function scale(places, from, to) {
    var low = places[0], high = places[places.length - 1];
    return function (value) { return from + (to - from) * (value - low) / (high - low || 1); };
  }
  function tick(value, percent) {
    var size = Math.abs(value), text = size >= 1e6 ? value / 1e6 : value;
    text = text.toLocaleString("en-GB", { maximumFractionDigits: 2 }).replace("-", "\u2212");
    return text + (size >= 1e6 ? "m" : "") + (percent ? "%" : "");
  }

  function explore(box) {
    var table = box.querySelector("table"), data = read(table);
    var funnel = box.classList.contains("explore-funnel");
    if (!data.rows.length || data.numbers.length < (funnel ? 2 : 1)) return;
    var value = data.numbers[0], size = funnel ? data.numbers[1] : null;
    var limits = funnel ? data.numbers.slice(2) : [];
    var kind = funnel && data.columns.find(function (c) { return c.at > 0 && !c.numeric; });
    var kinds = kind ? often(data.rows.map(function (r) { return r.texts[kind.at]; })) : [];
    var caption = table.caption ? say(table.caption) : "these numbers";
    var points = [], now = null, width = 0;

    // Parts around the chart
    var panel = make("div", { class: "explore-panel" }), tools = make("div", { class: "explore-tools" });
    var finder = make("label", { class: "explore-find" }, "Find " + data.columns[0].heading.toLowerCase() + ": ");
    var find = make("input", { type: "search", autocomplete: "off" });
    var frame = make("div", { class: "explore-chart" }), tip = make("div", { class: "explore-tip", "aria-hidden": "true" });
    var live = make("div", { class: "explore-live", role: "status" });
    tip.hidden = true;
    finder.append(find);
    tools.append(finder);
    if (!funnel && data.numbers.length > 1) {
      var choice = make("label", { class: "explore-choice" }, "Show: "), list = make("select");
      data.numbers.forEach(function (c) { list.append(make("option", { value: c.at }, c.heading)); });
      list.addEventListener("change", function () {
        value = data.columns[Number(list.value)];
        paint();
        live.textContent = "The chart shows: " + value.heading;
      });
      choice.append(list);
      tools.append(choice);
    }
    panel.append(tools, frame, make("p", { class: "explore-hint" },
      "Point at a mark, or tab to the chart and use the arrow keys. The headings of the table sort it."), live);
    table.closest(".table-scroll").before(panel);

    function describe(row) {
      return data.columns.slice(1).filter(function (c) { return limits.indexOf(c) < 0; })
        .map(function (c) { return c.heading + ": " + row.texts[c.at]; });
    }
    function tell(row) { return row.name + ". " + describe(row).join(", "); }
    function hide() {
      tip.hidden = true;
      data.rows.forEach(function (row) { row.line.classList.remove("explore-now"); });
      points.forEach(function (p) { p.mark.classList.remove("now"); });
    }
    function show(point, aloud) {
      hide();
      tip.textContent = "";
      tip.append(make("strong", {}, point.row.name));
      describe(point.row).forEach(function (text) { tip.append(make("span", {}, text)); });
      tip.hidden = false;
      tip.style.left = Math.max(0, Math.min(point.x + 12, width - tip.offsetWidth)) + "px";
      var above = point.y - tip.offsetHeight - 12;
      tip.style.top = (above >= 0 ? above : point.y + 14) + "px";
      point.row.line.classList.add("explore-now");
      point.mark.classList.add("now");
      if (aloud) live.textContent = tell(point.row);
    }
    // The pointer has gone: what the keyboard is at stays
    function rest() {
      var held = points.find(function (p) { return p.mark === document.activeElement; });
      if (held) show(held); else hide();
    }
    function reach(point) {
      points.forEach(function (p) { p.mark.setAttribute("tabindex", p === point ? "0" : "-1"); });
      now = point.row;
      point.mark.focus();
    }

    // The chart itself
    function axes(svg, left, right, top, bottom) {
      var values = [];
      data.rows.forEach(function (row) {
        [value].concat(limits).forEach(function (c) { if (row.values[c.at] !== null) values.push(row.values[c.at]); });
      });
      if (!funnel && !value.percent) values.push(0);
      var high = marks(Math.min.apply(null, values), Math.max.apply(null, values), 5), y = scale(high, bottom, top);
      high.forEach(function (v) {
        svg.append(draw("path", { class: "axis", d: "M" + (left - 5) + "," + y(v) + "H" + left }));
        svg.append(draw("text", { x: left - 9, y: y(v) + 4, "text-anchor": "end" }, tick(v, value.percent)));
      });
      svg.append(draw("text", { x: 2, y: 14, class: "axis-name" }, value.heading));
      svg.append(draw("path", { class: "axis", d: "M" + left + "," + top + "V" + bottom + "H" + right }));
      return { y: y, x: funnel ? sizes(svg, left, right, bottom) : places(svg, left, right, bottom) };
    }
    function under(svg, x, bottom, text, anchor) {
      svg.append(draw("path", { class: "axis", d: "M" + x + "," + bottom + "v5" }));
      svg.append(draw("text", { x: x, y: bottom + 20, "text-anchor": anchor || "middle" }, text));
    }
    function sizes(svg, left, right, bottom) {
      var most = Math.max.apply(null, data.rows.map(function (row) { return row.values[size.at] || 0; }));
      var wide = marks(0, most, right - left < 450 ? 3 : 6), x = scale(wide, left, right);
      wide.forEach(function (v) { under(svg, x(v), bottom, tick(v, size.percent)); });
      svg.append(draw("text", { x: right, y: bottom + 38, "text-anchor": "end", class: "axis-name" }, size.heading));
      return function (row) { return row.values[size.at] === null ? null : x(row.values[size.at]); };
    }
    function places(svg, left, right, bottom) {
      var x = scale([0, data.rows.length - 1 || 1], left + 10, right - 10);
      var each = Math.max(1, Math.ceil(data.rows.length / Math.max(2, Math.floor((right - left) / 85))));
      data.rows.forEach(function (row, at) {
        if (at % each === 0) under(svg, x(at), bottom, row.name.replace(/^(\w{3})\w* (\d{4})$/, "$1 $2"));
      });
      return function (row) { return x(row.at); };
    }
    // A line through the rows in the order of the axis, broken where a value is missing or hidden
    function line(column, x, y) {
      var path = "", pen = "M";
      data.rows.filter(function (row) { return x(row) !== null; })
        .sort(function (a, b) { return x(a) - x(b); })
        .forEach(function (row) {
          var v = row.values[column.at];
          if (v === null) { pen = "M"; return; }
          path += pen + x(row).toFixed(1) + "," + y(v).toFixed(1);
          pen = "L";
        });
      return path;
    }
    function paint() {
      var last = now;
      width = frame.clientWidth;
      var height = (width < 500 ? 300 : 380) - (funnel ? 0 : 18), left = 58, right = width - 22, top = 28, bottom = height - (funnel ? 46 : 28);
      var svg = draw("svg", { width: width, height: height, role: "group",
        "aria-label": "Chart of " + caption + ". Arrow keys move between its marks." });
      hide();
      frame.textContent = "";
      var at = axes(svg, left, right, top, bottom);
      limits.forEach(function (c, i) {
        svg.append(draw("path", { class: "limit", d: line(c, at.x, at.y), "stroke-dasharray": DASHES[(i >> 1) % 3] }));
      });
      if (!funnel) svg.append(draw("path", { class: "series", d: line(value, at.x, at.y) }));
      points = data.rows.filter(function (row) { return row.values[value.at] !== null && at.x(row) !== null; })
        .map(function (row) { return { row: row, x: at.x(row), y: at.y(row.values[value.at]) }; })
        .sort(function (a, b) { return a.x - b.x; });
      points.forEach(function (point, i) {
        var shape = kind ? kinds.indexOf(point.row.texts[kind.at]) % SHAPES.length : 0;
        point.mark = draw("path", { class: "point kind-" + shape, d: SHAPES[shape], role: "img", tabindex: i ? "-1" : "0",
          "aria-label": point.row.name, transform: "translate(" + point.x.toFixed(1) + "," + point.y.toFixed(1) + ")" });
        point.mark.addEventListener("focus", function () { now = point.row; show(point, true); });
        point.mark.addEventListener("blur", hide);
        svg.append(point.mark);
      });
      svg.addEventListener("keydown", move);
      svg.addEventListener("pointermove", function (event) { var p = nearest(svg, event); if (p) show(p); else rest(); });
      svg.addEventListener("pointerleave", rest);
      svg.addEventListener("pointerdown", function (event) {
        var p = nearest(svg, event);
        if (p) { event.preventDefault(); reach(p); }
      });
      frame.append(svg, tip);
      if (kind || limits.length) frame.append(legend());
      points.forEach(function (p, i) { p.mark.setAttribute("tabindex", (last ? p.row === last : i === 0) ? "0" : "-1"); });
      search();
    }
    function legend() {
      var key = make("ul", { class: "explore-key" });
      function entry(picture, text) {
        var item = make("li"), swatch = draw("svg", { width: 26, height: 16, "aria-hidden": "true" });
        swatch.append(picture);
        item.append(swatch, document.createTextNode(text));
        key.append(item);
      }
      kinds.forEach(function (text, i) {
        var shape = i % SHAPES.length;
        entry(draw("path", { class: "point kind-" + shape, d: SHAPES[shape], transform: "translate(13,8)" }), kind.heading + ": " + text);
      });
      for (var i = 0; i < limits.length; i += 2) {
        entry(draw("path", { class: "limit", d: "M0,8H26", "stroke-dasharray": DASHES[(i >> 1) % 3] }),
          limits.slice(i, i + 2).map(function (c) { return c.heading; }).join(", "));
      }
      return key;
    }

    // By pointer and by keyboard
    function nearest(svg, event) {
      var edge = svg.getBoundingClientRect(), best = null, least = REACH;
      points.forEach(function (p) {
        var far = Math.hypot(p.x - event.clientX + edge.left, p.y - event.clientY + edge.top);
        if (far < least) { least = far; best = p; }
      });
      return best;
    }
    function move(event) {
      if (event.key === "Escape") { hide(); return; }
      var across = { ArrowRight: 1, ArrowLeft: -1 }[event.key], up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!across && !up && event.key !== "Home" && event.key !== "End") return;
      event.preventDefault();
      var order = points.slice();
      if (up && funnel) order.sort(function (a, b) { return b.y - a.y; });
      var at = order.findIndex(function (p) { return p.row === now; }) + (across || up || 0);
      if (event.key === "Home") at = 0;
      if (event.key === "End") at = order.length - 1;
      if (order[at]) reach(order[at]);
    }

    // Search marks what it finds, in the chart and in the table
    var waiting = null;
    function search() {
      var words = find.value.trim().toLowerCase();
      var hit = function (row) { return words !== "" && row.name.toLowerCase().indexOf(words) >= 0; };
      frame.classList.toggle("searching", data.rows.some(hit));
      data.rows.forEach(function (row) { row.line.classList.toggle("explore-hit", hit(row)); });
      points.forEach(function (p) { p.mark.classList.toggle("hit", hit(p.row)); });
      return points.filter(function (p) { return hit(p.row); });
    }
    find.addEventListener("input", function () {
      var found = search();
      hide();
      if (found.length === 1) show(found[0]);
      clearTimeout(waiting); // say it once the typing pauses
      waiting = setTimeout(function () {
        live.textContent = !find.value.trim() ? "" : found.length === 1
          ? tell(found[0].row)
          : found.length + " of " + points.length + " found" + (found.length ? ". Enter moves to the first." : ".");
      }, 400);
    });
    find.addEventListener("keydown", function (event) {
      var found = event.key === "Enter" ? search() : [];
      if (found.length) { event.preventDefault(); reach(found[0]); }
    });

    // Headings sort: numbers from the highest, names from A, months in their order
    data.columns.forEach(function (column) {
      var button = make("button", { type: "button", class: "explore-sort" });
      button.append.apply(button, Array.from(column.head.childNodes));
      column.head.append(button);
      button.addEventListener("click", function () {
        var before = column.head.getAttribute("aria-sort");
        var down = before ? before === "ascending" : column.numeric;
        data.columns.forEach(function (c) { c.head.removeAttribute("aria-sort"); });
        column.head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sorted(column, down ? -1 : 1).forEach(function (row) { row.line.parentNode.append(row.line); });
        live.textContent = "Sorted by " + column.heading + (down ? ", descending" : ", ascending");
      });
    });
    function sorted(column, way) {
      return data.rows.slice().sort(function (a, b) {
        if (column.numeric) {
          var p = a.values[column.at], q = b.values[column.at];
          if (p === null || q === null) return (p === null) - (q === null) || a.at - b.at; // missing ones last
          return way * (p - q) || a.at - b.at;
        }
        if (column.at === 0 && !funnel) return way * (a.at - b.at);
        return way * a.texts[column.at].localeCompare(b.texts[column.at], "en-GB") || a.at - b.at;
      });
    }

    new ResizeObserver(function () { if (frame.clientWidth && frame.clientWidth !== width) paint(); }).observe(frame);
    paint();
    window.dispatchEvent(new Event("resize")); // the page marks boxes that scroll sideways
  }

  Array.from(document.querySelectorAll("details.explore")).forEach(function (box) {
    var begun = false;
    function begin() {
      if (!box.open || begun) return;
      begun = true;
      explore(box);
    }
    box.addEventListener("toggle", begin);
    begin();
  });
})();
