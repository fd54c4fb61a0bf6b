// What does not fit: elements that make the page scroll sideways, and text that is cut off.
const kept = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
  if (getComputedStyle(p).overflowX !== 'visible') return true; return false; };
// A page cannot be scrolled to what stands left of it, and text for screen readers alone is one pixel wide
const visible = all('body *').filter(e => e.offsetWidth > 1 && shown(e));
const wide = document.documentElement.scrollWidth > innerWidth ?
  visible.filter(e => e.getBoundingClientRect().right > innerWidth + 0.5 && !kept(e)) : [];
const cut = visible.filter(e => { const style = getComputedStyle(e);
  return /hidden|clip/.test(style.overflowX + style.overflowY) && text(e) && !e.matches('.slides section, .reveal, body, math, math *') &&
    (e.scrollWidth > e.clientWidth + 1 && /hidden|clip/.test(style.overflowX) ||
     e.scrollHeight > e.clientHeight + 1 && /hidden|clip/.test(style.overflowY)); });
return {width: innerWidth, scroll: document.documentElement.scrollWidth,
  wide: wide.slice(0, 3).map(where), cut: cut.slice(0, 3).map(where)};
