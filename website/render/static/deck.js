// Starts the deck, and makes every figure fit above the footer. On a phone held upright the slides
// stay what they are without scripts: a page to read. Turned or made wider, they start.
(function () {
  "use strict";
  var config = JSON.parse(document.getElementById("deck-config").textContent);
  config.plugins = [RevealNotes];
  config.scrollActivationWidth = null;
  // End is the last slide; reveal.js goes to the last section
  config.keyboard = { 35: function () {
    var last = deck.getIndices(deck.getSlides().pop());
    deck.slide(last.h, last.v);
  } };
  var narrow = window.matchMedia("(max-width: 600px) and (orientation: portrait)");
  // The speaker's view shows slides in small frames, and paper has a width of its own
  var whole = window.self === window.top && !/print-pdf|receiver/i.test(location.search);
  // In print, reveal.js lays the pages out over several frames after the load event, when
  // `chromium --print-to-pdf` has already taken its picture: there, a frame is a microtask
  if (/print-pdf/i.test(location.search)) {
    window.requestAnimationFrame = function (callback) {
      Promise.resolve().then(function () { callback(performance.now()); });
      return 0;
    };
  }
  // Bottom of what a slide holds, and the line above the footer that it must keep to
  function room(slide) {
    var top = slide.getBoundingClientRect().top, scale = deck.getScale() || 1;
    var bottom = Array.from(slide.children).reduce(function (low, child) {
      if (child.matches("aside, .slide-background") || !child.offsetHeight) return low;
      return Math.max(low, (child.getBoundingClientRect().bottom - top) / scale + parseFloat(getComputedStyle(child).marginBottom));
    }, 0);
    return slide.offsetHeight - parseFloat(getComputedStyle(slide).paddingBottom) - bottom;
  }
  function fit(slide) {
    if (!slide || slide.classList.contains("stack") || slide.dataset.fitted) return;
    slide.dataset.fitted = "true";
    var images = Array.from(slide.querySelectorAll("img"));
    images.forEach(function (image) {
      // A lone figure may grow into the room there is, to half as much again as it was drawn
      var space = room(slide), height = image.offsetHeight;
      if (!height || (images.length > 1 && space > 0)) return;
      var most = Math.min(image.naturalHeight * 1.5, (image.parentElement.clientWidth / image.naturalWidth) * image.naturalHeight);
      var to = Math.max(120, Math.min(height + space, Math.max(most, 120)));
      image.style.maxHeight = "none";
      image.style.height = to + "px";
      image.style.width = "auto";
    });
    for (var round = 0; round < 4 && room(slide) < 0; round += 1) {
      images.forEach(function (image) {
        image.style.height = Math.max(120, image.offsetHeight + room(slide) - 1) + "px";
      });
    }
  }
  var deck = Reveal;
  function start() {
    document.documentElement.classList.add("deck-on");
    deck.initialize(config).then(function () {
      fit(deck.getCurrentSlide());
      deck.on("slidechanged", function (event) { fit(event.currentSlide); });
    });
  }
  deck.on("pdf-ready", function () {
    var footer = document.querySelector(".reveal > .footer");
    document.querySelectorAll(".slides .pdf-page").forEach(function (page) {
      page.appendChild(footer.cloneNode(true));
      fit(page.querySelector("section"));
    });
    footer.remove();
  });
  if (whole && narrow.matches) {
    narrow.addEventListener("change", start, { once: true });
  } else {
    start();
  }
})();
