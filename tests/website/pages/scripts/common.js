// Put before each of the other scripts: short ways to find and to name what is on a page.
const all = (s, from = document) => Array.from(from.querySelectorAll(s));
const text = e => e ? e.textContent.replace(/\s+/g, ' ').trim() : '';
const shown = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true});
const where = e => {
  const name = e.id ? '#' + e.id : e.className && typeof e.className === 'string' ? '.' + e.className.split(' ')[0] : '';
  const near = e.id || !e.closest('[id]') ? '' : ` in #${e.closest('[id]').id}`;
  const words = text(e).slice(0, 40);
  return `<${e.tagName.toLowerCase()}${name}>${near}${words ? ` "${words}"` : ''}`;
};
