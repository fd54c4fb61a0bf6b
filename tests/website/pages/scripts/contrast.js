// Text whose contrast with what lies behind it is under WCAG 2.2 AA. `ground` lies behind everything: it
// is a slide's own background, which reveal.js paints apart from the slide.
// A text of 24 px, or bold from 18.66 px, is large.
const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const known = {}, read = colour => {
  paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
const rgba = colour => known[colour] = known[colour] || read(colour);
const over = (top, low) => [0, 1, 2].map(i => top[i] * top[3] + low[i] * (1 - top[3])).concat(1);
const linear = x => { x /= 255; return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; };
const light = c => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
const grounds = new Map();
const behind = e => { if (!e || e.matches('.deck-on .reveal > .slides')) return rgba(ground);
  const own = () => over(rgba(getComputedStyle(e).backgroundColor), behind(e.parentElement));
  if (!grounds.has(e)) grounds.set(e, own());
  return grounds.get(e); };
